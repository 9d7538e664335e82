import { createContainer } from '../../app/container.js'
import { KINDS } from '../../app/plugins/part-kinds.js'
import { placesOf, pluginFacts } from '../../app/plugins/plugin-facts.js'
import { listPlugins, odditiesOf } from '../../app/plugins/plugins.js'
import { silentLogger } from '../../core/api/logger.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark, show } from '../output/output.js'
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
    if (options.json) print(`${JSON.stringify(facts, null, 2)}\n`)
    else show(pluginText(facts))
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
    print(`${JSON.stringify({ ...byKind, plugins: places }, null, 2)}\n`)
    return EXIT_OK
  }
  for (const { kind, choices } of known) {
    show(`${kind}\n`)
    for (const { name, summary } of choices) show(`  ${name.padEnd(20)} ${summary}\n`)
  }
  if (places.length > 0) show('loaded\n')
  for (const { name, ...place } of places) show(`  ${name.padEnd(20)} ${placeText(place)}\n`)
  return EXIT_OK
}
