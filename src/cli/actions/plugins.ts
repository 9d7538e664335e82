import { createContainer } from '../../app/container.js'
import { KINDS } from '../../app/plugins/part-kinds.js'
import { placesOf, pluginFacts } from '../../app/plugins/plugin-facts.js'
import { listPlugins, odditiesOf } from '../../app/plugins/plugins.js'
import { silentLogger } from '../../core/api/logger.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { remark } from '../output/output.js'
import { placeText, pluginText } from '../output/plugin-text.js'

/** The options of `plugins`. */
export interface PluginsOptions {
  readonly plugin: readonly string[]
  readonly json?: boolean
}

/** Lists all parts that can be chosen, or shows one plugin. */
export async function plugins(name: string | undefined, options: PluginsOptions): Promise<number> {
  const container = await createContainer(silentLogger, options.plugin)
  for (const line of odditiesOf(container)) remark(line)
  if (name !== undefined) {
    const facts = pluginFacts(container, name)
    process.stdout.write(options.json ? `${JSON.stringify(facts, null, 2)}\n` : pluginText(facts))
    return EXIT_OK
  }
  const known = KINDS.map((kind) => ({
    kind,
    choices: listPlugins(container, kind).map(({ name, summary }) => ({ name, summary })),
  }))
  const places = placesOf(container)
  if (options.json) {
    const byKind = Object.fromEntries(
      known.map(({ kind, choices }) => [kind.toLowerCase().replace(' ', '-'), choices]),
    )
    process.stdout.write(`${JSON.stringify({ ...byKind, plugins: places }, null, 2)}\n`)
    return EXIT_OK
  }
  for (const { kind, choices } of known) {
    process.stdout.write(`${kind}\n`)
    for (const { name, summary } of choices) process.stdout.write(`  ${name.padEnd(20)} ${summary}\n`)
  }
  if (places.length > 0) process.stdout.write('loaded\n')
  for (const { name, ...place } of places) process.stdout.write(`  ${name.padEnd(20)} ${placeText(place)}\n`)
  return EXIT_OK
}
