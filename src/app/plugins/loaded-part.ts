import { ADMIT } from '../../core/injection/tokens.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import type { Faults } from '../faults/faults.js'
import type { LoadedPlugin } from './loaded-plugin.js'
import type { Described, Kind, Made, Settings } from './part-kinds.js'

/** A part that can be chosen, of a plugin within an app. */
export class LoadedPart<K extends Kind> {
  readonly kind: K
  readonly name: string
  readonly part: Described[K]
  readonly #plugin: LoadedPlugin

  constructor(kind: K, name: string, part: Described[K], plugin: LoadedPlugin) {
    this.kind = kind
    this.name = name
    this.part = part
    this.#plugin = plugin
  }

  /** The name of the plugin that brings it. */
  get plugin(): string {
    return this.#plugin.plugin.name
  }

  get summary(): string {
    return this.part.summary
  }

  /** The URL schemes that it serves; none if it is no transport. */
  get schemes(): readonly string[] {
    return schemesOf(this.kind, this.name, this.part)
  }

  /** Whether its faults are guarded against. Those of Qanat's own parts are not. */
  get isGuarded(): boolean {
    return this.#plugin.origin.isOwn !== true
  }

  /** Names its faults. */
  get faults(): Faults {
    return this.#plugin.faults(`${this.kind} '${this.name}'`)
  }

  /**
   * Makes the part, at once if it can be. `signal` is aborted when what it was made for is over.
   *
   * @throws PluginFault if it fails or takes too long, or whatever error with a code it throws for settings that do not fit.
   */
  make(settings: Settings[K], signal: AbortSignal): Made<K> | Promise<Made<K>> {
    const create = this.part.create as (context: object) => Made<K> | Promise<Made<K>>
    const configured = this.#settings(settings)
    return this.#plugin.call((context) => {
      const given = { ...configured, ...context }
      const all = this.kind === 'transport' ? { ...given, admit: context.container.resolve(ADMIT) } : given
      const make = () => create.call(this.part, all)
      if (!this.isGuarded) return make()
      const { faults } = this
      return faults.call('create', make, {
        scope: this.kind === 'transport' ? faults.bearing('create') : undefined,
      })
    }, signal)
  }

  /** What is configured, less groups of options that are not its own. */
  #settings(settings: Settings[K]): object {
    if (this.kind !== 'transport') return settings
    const { groups, ...others } = settings as Settings['transport']
    const { groups: names } = this.part as Described['transport']
    return names === undefined ? others : { ...others, groups: listed(groups, names) }
  }
}

/** Those of some groups of options that a part lists. */
function listed(groups: OptionGroups = {}, names: readonly (keyof OptionGroups)[] = []): OptionGroups {
  return Object.fromEntries(names.map((name) => [name, groups[name]]))
}

/** The URL schemes that a part serves; none if it is no transport. */
export function schemesOf(kind: Kind, name: string, part: Described[Kind]): readonly string[] {
  if (kind !== 'transport') return []
  return (part as Described['transport']).schemes ?? [name]
}
