import { LoadedPart } from '../../app/plugins/loaded-part.js'
import type { Described, Kind, Made, Settings } from '../../app/plugins/part-kinds.js'
import { partsOf } from '../../app/plugins/part-kinds.js'
import { configureCarriers, takeOffline } from '../../app/plugins/plugin-helpers.js'
import type { PluginExports } from '../../app/plugins/plugins.js'
import type { Logger } from '../../core/api/logger.js'
import type { Options } from '../../core/options/option.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import type { Clock } from '../../core/time/clock.js'
import { CountingClock } from '../kit/counting-clock.js'
import { limited } from '../kit/limited.js'
import { loadForTest } from '../kit/load-for-test.js'
import type { EndContext } from './kit.js'
import type { SocketWatch } from './socket-watch.js'
import { watchedPlugin } from './watched-plugin.js'

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
  /** Is told which sockets the part opens. */
  readonly watch?: SocketWatch
}

/** A part of a plugin, made anew for each end of each case: each time in an app of its own, as one process would. */
export class PartUnderTest<K extends Kind> {
  readonly kind: K
  readonly name: string
  readonly described: Described[K]
  /** What brings it. */
  readonly plugin: Plugin
  /** The module of that. */
  readonly module: PluginExports
  /** What its settings are unless its kit says others. */
  readonly defaults: Settings[K]

  /** @throws PluginError if the plugin is not whole. */
  constructor(
    module: PluginExports,
    kind: K,
    name: string,
    described: Described[K],
    plugin: Plugin,
    defaults: Settings[K],
  ) {
    this.kind = kind
    this.name = name
    this.described = described
    this.plugin = plugin
    this.module = module
    this.defaults = defaults
  }

  /** The options of its plugin. */
  get options(): Options {
    return this.plugin.options ?? {}
  }

  /** Whether its module registers it, as all did before there were plain objects: then it is not given `admit`. */
  get isRegistered(): boolean {
    return this.module.default === undefined
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
    { log, offline = false, options: others, unknown, unproven, watch }: Variation = {},
  ): Promise<Made<K>> {
    const given = { ...options, ...others }
    const module =
      watch === undefined ? this.module : { default: watchedPlugin(this.module.default as Plugin, watch) }
    const loaded = loadForTest(module, { clock, options: given, ...(log !== undefined && { log }) })
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

  /** Has its plugin set up, and closed twice. */
  async closeTwice({ options }: EndContext<object>): Promise<void> {
    const over = new AbortController()
    const loaded = loadForTest(this.module, { clock: new CountingClock(), ...(options && { options }) })
    await loaded.setUp(over.signal)
    over.abort()
    const context = loaded.context(over.signal)
    for (const time of ['first', 'second'])
      await limited(`its ${time} close is done`, async () => loaded.plugin.close?.(context))
  }
}

function withLimit(settings: Settings['transport'], unauthenticatedTimeout?: number): Settings['transport'] {
  if (unauthenticatedTimeout === undefined) return settings
  const { groups } = settings
  return { ...settings, groups: { ...groups, streams: { ...groups?.streams, unauthenticatedTimeout } } }
}
