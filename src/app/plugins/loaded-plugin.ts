import type { DependencyContainer } from 'tsyringe'
import { asError, ConfigError, PluginError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { redact } from '../../core/api/redact.js'
import { CLOCK, LOGGER, OPTIONS } from '../../core/injection/tokens.js'
import type { Plugin, PluginContext } from '../../core/plugin/plugin.js'
import type { Clock } from '../../core/time/clock.js'
import { Faults } from '../faults/faults.js'
import type { PluginFigures } from '../figures/figure-values.js'
import { optionsInQuery } from './endpoint-options.js'
import { type Helpers, outlivesFaults, pluginHelpers } from './plugin-helpers.js'
import { unknownClass } from './second-copy.js'

/** Where a plugin comes from. */
export interface Origin {
  /** What messages call it: what the user gave. */
  readonly name: string
  /** The URL of its module; absent if it comes from none. */
  readonly url?: string
  /** Whether it is part of Qanat: nothing guards against its faults. */
  readonly isOwn?: true
}

/** A plugin within an app, with a container of its own. */
export class LoadedPlugin {
  readonly plugin: Plugin
  readonly origin: Origin
  readonly container: DependencyContainer
  /** What is odd about it, each with its name: members that are not known. */
  readonly oddities: readonly string[]
  #options: object = {}
  /** By the signals of tunnels, whose ends end them, too. */
  readonly #helpers = new WeakMap<AbortSignal, Helpers>()
  /** Tunnels that it works for, each by its signal; they resolve once it is set up. */
  readonly #uses = new WeakMap<AbortSignal, Promise<void>>()

  constructor(
    plugin: Plugin,
    origin: Origin,
    container: DependencyContainer,
    oddities: readonly string[] = [],
  ) {
    this.plugin = plugin
    this.oddities = oddities
    this.origin = origin
    this.container = container
  }

  /** Takes what the user set, before any of its functions is called. */
  take(options: object): void {
    this.#options = options
    this.container.register(OPTIONS, { useValue: options })
  }

  /** What its functions are given. */
  context(signal: AbortSignal): PluginContext {
    const { container } = this
    const helpers = this.#helpers.get(signal) ?? this.#helpersUntil(signal)
    return {
      options: this.#options as PluginContext['options'],
      optionsOf: (endpoint) => this.#optionsOf(endpoint),
      container,
      signal,
      ...helpers,
    }
  }

  /** What it told of its figures in the tunnel of that signal; undefined if it declares none, or does nothing there. */
  figures(signal: AbortSignal): PluginFigures | undefined {
    return this.plugin.figures === undefined ? undefined : this.#helpers.get(signal)?.figures.told()
  }

  #helpersUntil(signal: AbortSignal): Helpers {
    const { container, origin, plugin } = this
    const helpers = origin.isOwn
      ? pluginHelpers(container, undefined, signal)
      : pluginHelpers(container, plugin.name, signal, this.faults('a link'), plugin.figures)
    this.#helpers.set(signal, helpers)
    try {
      if (this.plugin.needs?.includes('storage')) helpers.storage.prepare()
    } catch (thrown) {
      throw invalid(this.origin, new Error(`it cannot store anything: ${asError(thrown).message}`))
    }
    return helpers
  }

  /** @throws ConfigError for what a configuration is refused for. */
  #optionsOf(endpoint: URL): PluginContext['options'] {
    const { faults, set } = optionsInQuery(this.plugin, endpoint)
    if (faults.length === 0) return Object.freeze({ ...this.#options, ...set }) as PluginContext['options']
    const lines = faults.map((fault) => `Cannot use ${redact(endpoint)}: it ${fault}`)
    throw new ConfigError(lines.join('\n'), { code: 'ERR_CONFIG_VALUE' })
  }

  /** Whose faults are its own, or those of one of its parts, which messages call so. */
  faults(part?: string): Faults {
    const log = this.container.resolve<Logger>(LOGGER)
    const clock = this.container.resolve<Clock>(CLOCK)
    const { name } = this.plugin
    const what = part === undefined ? `plugin '${this.origin.name}'` : `${part} of plugin '${name}'`
    const explain = (message: string) => unknownClass(message, this.origin.url)
    return new Faults({ plugin: name, what, log, clock, explain, outlived: outlivesFaults(this.container) })
  }

  /** Calls `run` for the tunnel of that signal, once the plugin is set up for it: at once if there is nothing to set up. */
  call<Result>(
    run: (context: PluginContext) => Result | Promise<Result>,
    signal: AbortSignal,
  ): Result | Promise<Result> {
    const ready = this.setUp(signal)
    const context = this.context(signal)
    return this.plugin.setup === undefined ? run(context) : ready.then(() => run(context))
  }

  /**
   * Sets it up for the tunnel of that signal, unless that was done. What failed is tried again when it is asked for again.
   *
   * @throws PluginFault if that fails, or takes too long.
   */
  setUp(signal: AbortSignal): Promise<void> {
    const known = this.#uses.get(signal)
    if (known !== undefined) return known
    const using = this.plugin.setup === undefined ? Promise.resolve() : this.#begin(signal)
    this.#uses.set(signal, using)
    using.catch(() => {
      if (this.#uses.get(signal) === using) this.#uses.delete(signal) // whoever needs it is told
    })
    return using
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { plugin } = this
    const faults = this.faults()
    const carries = Object.keys(plugin.transports ?? {}).length > 0
    const scope = carries ? faults.bearing('setup') : undefined
    await faults.call('setup', () => plugin.setup?.(this.context(signal)), { scope })
  }

  /** What the user set. */
  get options(): object {
    return this.#options
  }

  /**
   * Tells it of the options that it took since, if it works for the tunnel of that signal.
   *
   * @throws PluginFault, or an error with a code if it refuses them.
   */
  async update(signal: AbortSignal): Promise<void> {
    if (this.plugin.update === undefined || !this.#uses.has(signal)) return
    const context = this.context(signal)
    const update = () => this.plugin.update?.(context.options, context)
    await this.faults().call('update', update, { doing: 'change' })
  }

  /** The tunnel of that signal is over, and the signal aborted. Resolves once the plugin let go; the log has what failed. */
  async close(signal: AbortSignal): Promise<void> {
    const using = this.#uses.get(signal)
    if (using === undefined) return
    this.#uses.delete(signal)
    const { close, setup } = this.plugin
    if (close === undefined && setup === undefined) return
    await this.faults().end(close === undefined ? 'setup' : 'close', async () => {
      // What never was set up has nothing to close. What is being set up is closed as soon as it is, though nobody waits any more.
      const isSetUp = await using.then(
        () => true,
        () => false,
      )
      if (isSetUp) await close?.call(this.plugin, this.context(signal))
    })
  }
}

/** The error of a plugin that cannot be used, in one line. */
export function invalid({ name, url }: Origin, cause: unknown): PluginError {
  const { message } = asError(cause)
  const why = unknownClass(message, url) ?? message.split('\n')[0]!
  return new PluginError(`Cannot use plugin '${name}': ${why}`, { code: 'ERR_PLUGIN_INVALID', cause })
}
