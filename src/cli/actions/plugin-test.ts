import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { importModule } from '../../app/finding/import-module.js'
import { locatePlugin } from '../../app/finding/plugin-location.js'
import type { PluginExports } from '../../app/plugins/plugins.js'
import type { Kit } from '../../conformance/plugin/kit.js'
import { kitCases, type PluginCase } from '../../conformance/plugin/kit-cases.js'
import { asError, ConfigError, PluginError } from '../../core/api/errors.js'
import { systemClock } from '../../core/time/system-clock.js'
import { runCase } from '../kit/run-case.js'
import { packageFolder } from '../model/package-folder.js'
import { EXIT_FAILED, EXIT_OK } from '../output/exit-codes.js'

/** The options of `plugin test`. */
export interface TestPluginOptions {
  readonly kit?: string
  readonly seed?: string
  readonly json?: boolean
}

/** Seeds are 32 bits. */
const SEEDS = 2 ** 32
/** The page of the package that tells of the kit. */
const PAGE = pathToFileURL(join(packageFolder(), 'docs/kit.md')).href

/** What became of a case, as `--json` prints it. */
interface Outcome extends Pick<PluginCase, 'kind' | 'of' | 'name' | 'promise'> {
  readonly kept: boolean
  /** What was found, if it is not kept. */
  readonly found?: string
  readonly link?: string
}

/**
 * Runs the cases of a plugin's kit, and prints what is not kept.
 *
 * @throws PluginError if the plugin or its kit cannot be used.
 */
export async function testPlugin(specifier: string, options: TestPluginOptions): Promise<number> {
  const seed = seedOf(options.seed)
  const plugin = await load<PluginExports>(specifier, () => locatePlugin(specifier))
  const kitPath =
    options.kit === undefined ? kitBeside(specifier, plugin.url, nameOf(plugin.module)) : resolve(options.kit)
  const kit = await load<{ readonly default?: Kit }>(kitPath, () => locatePlugin(kitPath))
  const cases = kitCases(plugin.module, kit.module.default as Kit, seed)
  const outcomes: Outcome[] = []
  for (const one of cases) {
    const outcome = outcomeOf(one, await runCase(one))
    outcomes.push(outcome)
    if (!options.json) process.stdout.write(textOf(outcome))
  }
  const broken = outcomes.filter(({ kept }) => !kept).length
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ seed, broken, cases: outcomes }, null, 2)}\n`
      : `${outcomes.length - broken} of ${outcomes.length} promises are kept; the seed was ${seed}\n`,
  )
  return broken === 0 ? EXIT_OK : EXIT_FAILED
}

function seedOf(given: string | undefined): number {
  if (given === undefined) return randomInt(SEEDS)
  const seed = Number(given)
  if (/^\d+$/.test(given) && seed < SEEDS) return seed
  throw new ConfigError(`Cannot read --seed: '${given}' is not within 0 to ${SEEDS - 1}`, {
    code: 'ERR_CONFIG_VALUE',
  })
}

async function load<Module>(
  specifier: string,
  locate: () => string,
): Promise<{ module: Module; url: string }> {
  try {
    const url = locate()
    return { module: (await importModule(url, systemClock)) as Module, url }
  } catch (cause) {
    const why = asError(cause).message.split('\n')[0]
    throw new PluginError(`Cannot test '${specifier}': ${why}`, { code: 'ERR_PLUGIN_INVALID', cause })
  }
}

/** What the plugin calls itself, if it does. */
function nameOf({ default: exported }: PluginExports): string | undefined {
  const { name } = (exported ?? {}) as { name?: unknown }
  return typeof name === 'string' ? name : undefined
}

/** The kit of `x.js` is `x.kit.js`, or named after the plugin. */
function kitBeside(specifier: string, url: string, name: string | undefined): string {
  const path = fileURLToPath(url)
  const ending = extname(path)
  const names = [basename(path, ending), name].filter((one) => one !== undefined)
  const places = names.map((one) => join(dirname(path), `${one}.kit${ending}`))
  const found = places.find((place) => existsSync(place))
  if (found !== undefined) return found
  throw new PluginError(`Cannot test '${specifier}': there is no kit at ${places.join(' or ')}`, {
    code: 'ERR_PLUGIN_INVALID',
  })
}

function outcomeOf({ kind, of, name, promise }: PluginCase, found: string | undefined): Outcome {
  const about = { kind, of, name, promise }
  if (found === undefined) return { ...about, kept: true }
  return { ...about, kept: false, found, link: `${PAGE}#${kind.replace(' ', '-').toLowerCase()}s` }
}

function textOf({ kept, name, promise, found, link }: Outcome): string {
  if (kept) return `kept    ${name}\n`
  const facts = { promise, found: found?.replaceAll('\n', '\n            '), read: link }
  return `BROKEN  ${name}\n${Object.entries(facts)
    .map(([fact, text]) => `  ${`${fact}:`.padEnd(9)} ${text}\n`)
    .join('')}`
}
