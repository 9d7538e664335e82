import { LoadedPart } from '../../app/plugins/loaded-part.js'
import type { Described, Kind, Made, Settings } from '../../app/plugins/part-kinds.js'
import { partsOf } from '../../app/plugins/part-kinds.js'
import { configureCarriers, takeOffline } from '../../app/plugins/plugin-helpers.js'
import type { PluginExports } from '../../app/plugins/plugins.js'
import type { Logger } from '../../core/api/logger.js'
import type { Options } from '../../core/options/option.js'
import type { Clock } from '../../core/time/clock.js'
import { loadForTest } from '../kit/load-for-test.js'
import type { EndContext } from './kit.js'

/** What a part is made with beyond what its kit says. */
export interface Variation {
  readonly log?: Logger
  /** In place of those of the kit, one by one. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Members of its context that nobody described. */
  readonly unknown?: object
  /** Whether its plugin reaches nobody, as in a rehearsal. */
  readonly offline?: boolean
  /** Milliseconds that those have who connect to a transport and prove nothing, whatever the kit says. */
  readonly unproven?: number
}

/** A part of a plugin, made anew for each end of each case: each time in an app of its own, as one process would. */
export class PartUnderTest<K extends Kind> {
  readonly kind: K
  readonly name: string
  readonly described: Described[K]
  /** The options of its plugin. */
  readonly options: Options
  /** What its settings are unless its kit says others. */
  readonly defaults: Settings[K]
  readonly #module: PluginExports

  /** @throws PluginError if the plugin is not whole. */
  constructor(
    module: PluginExports,
    kind: K,
    name: string,
    described: Described[K],
    options: Options,
    defaults: Settings[K],
  ) {
    this.kind = kind
    this.name = name
    this.described = described
    this.options = options
    this.#module = module
    this.defaults = defaults
  }

  /** Whether its module registers it, as all did before there were plain objects: then it is not given `admit`. */
  get isRegistered(): boolean {
    return this.#module.default === undefined
  }

  /** Whether it says that it takes part in rehearsals. */
  get rehearses(): boolean {
    return 'rehearse' in this.described && this.described.rehearse === true
  }

  /** Makes the part. `signal` is aborted when what it was made for is over. */
  async make(
    { options, ...settings }: EndContext<object>,
    clock: Clock,
    signal: AbortSignal,
    { log, offline = false, options: others, unknown, unproven }: Variation = {},
  ): Promise<Made<K>> {
    const given = { ...options, ...others }
    const loaded = loadForTest(this.#module, { clock, options: given, ...(log !== undefined && { log }) })
    if (offline) takeOffline(loaded.container)
    const [, described] = partsOf(loaded.plugin, this.kind).find(([name]) => name === this.name)!
    const part = new LoadedPart(this.kind, this.name, described, loaded)
    const all = { ...this.defaults, ...unknown, ...settings }
    if (this.kind === 'transport') {
      const given = withLimit(all as Settings['transport'], unproven)
      configureCarriers(loaded.container, given)
      return part.make(given as Settings[K], signal)
    }
    return part.make(all, signal)
  }
}

function withLimit(settings: Settings['transport'], unauthenticatedTimeout?: number): Settings['transport'] {
  if (unauthenticatedTimeout === undefined) return settings
  const { groups } = settings
  return { ...settings, groups: { ...groups, streams: { ...groups?.streams, unauthenticatedTimeout } } }
}
