import { createContainer } from '../../app/container.js'
import { KINDS } from '../../app/plugins/part-kinds.js'
import { listPlugins } from '../../app/plugins/plugins.js'
import { silentLogger } from '../../core/api/logger.js'
import { EXIT_OK } from '../output/exit-codes.js'

/** The options of `plugins`. */
export interface PluginsOptions {
  readonly plugin: readonly string[]
  readonly json?: boolean
}

/** Lists what can be chosen. */
export async function plugins(options: PluginsOptions): Promise<number> {
  const container = await createContainer(silentLogger, options.plugin)
  const known = KINDS.map((kind) => ({
    kind,
    choices: listPlugins(container, kind).map(({ name, summary }) => ({ name, summary })),
  }))
  if (options.json) {
    const byKind = Object.fromEntries(
      known.map(({ kind, choices }) => [kind.toLowerCase().replace(' ', '-'), choices]),
    )
    process.stdout.write(`${JSON.stringify(byKind, null, 2)}\n`)
    return EXIT_OK
  }
  for (const { kind, choices } of known) {
    process.stdout.write(`${kind}\n`)
    for (const { name, summary } of choices) process.stdout.write(`  ${name.padEnd(20)} ${summary}\n`)
  }
  return EXIT_OK
}
