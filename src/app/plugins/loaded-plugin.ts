import type { DependencyContainer } from 'tsyringe'
import { asError, ConfigError, isQanatError, PluginError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { redact } from '../../core/api/redact.js'
import { CLOCK, LOGGER, NETWORK, OPTIONS } from '../../core/injection/tokens.js'
import type { Network } from '../../core/plugin/network.js'
import type { Plugin, PluginContext } from '../../core/plugin/plugin.js'
import type { Spawn } from '../../core/plugin/spawn.js'
import type { Clock } from '../../core/time/clock.js'
import { PluginNetwork } from '../../transports/network/plugin-network.js'
import { carrierPartsOf } from '../../transports/shared/carrier-parts.js'
import { programsOf } from '../programs/tunnel-programs.js'
import { optionsInQuery } from './endpoint-options.js'
import { unknownClass } from './second-copy.js'

/** Where a plugin comes from. */
export interface Origin {
  /** What messages call it: what the user gave. */
  readonly name: string
  /** The URL of its module; absent if it comes from none. */
  readonly url?: string
}

/** A plugin within an app, with a container of its own. */
export class LoadedPlugin {
  readonly plugin: Plugin
  readonly origin: Origin
  readonly container: DependencyContainer
  #options: object = {}
  #ready: Promise<void> | undefined
  #network: Network | undefined

  constructor(plugin: Plugin, origin: Origin, container: DependencyContainer) {
    this.plugin = plugin
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
    const log = container.resolve<Logger>(LOGGER)
    const clock = container.resolve<Clock>(CLOCK)
    return {
      options: this.#options as PluginContext['options'],
      optionsOf: (endpoint) => this.#optionsOf(endpoint),
      container,
      log,
      clock,
      signal,
      network: this.#networkUntil(signal, log, clock),
    }
  }

  /** @throws ConfigError for what a configuration is refused for. */
  #optionsOf(endpoint: URL): PluginContext['options'] {
    const { faults, set } = optionsInQuery(this.plugin, endpoint)
    if (faults.length === 0) return Object.freeze({ ...this.#options, ...set }) as PluginContext['options']
    const lines = faults.map((fault) => `Cannot use ${redact(endpoint)}: it ${fault}`)
    throw new ConfigError(lines.join('\n'), { code: 'ERR_CONFIG_VALUE' })
  }

  /** One for all of its parts, in its container, too. An app has one tunnel, and that one signal. */
  #networkUntil(signal: AbortSignal, log: Logger, clock: Clock): Network {
    if (this.#network === undefined) {
      const carriers = carrierPartsOf(this.container)
      const spawn: Spawn = (program, options = {}) =>
        programsOf(this.container, clock, signal).start(program, options, log)
      this.#network = new PluginNetwork({ carriers, clock, log, signal, spawn })
      this.container.register(NETWORK, { useValue: this.#network })
    }
    return this.#network
  }

  /**
   * Calls one of its functions, once it is set up: at once if there is nothing to set up.
   *
   * @throws PluginError if a class of it cannot be made; anything else is thrown as it is.
   */
  call<Result>(
    run: (context: PluginContext) => Result | Promise<Result>,
    signal: AbortSignal,
  ): Result | Promise<Result> {
    const context = this.context(signal)
    if (this.plugin.setup === undefined) return this.#named(() => run(context))
    this.#ready ??= this.#setUp(context)
    return this.#ready.then(() => this.#named(() => run(context)))
  }

  async #setUp(context: PluginContext): Promise<void> {
    try {
      await this.plugin.setup!(context)
    } catch (thrown) {
      if (isQanatError(thrown)) throw thrown
      throw invalid(this.origin, thrown, 'its setup failed: ')
    }
  }

  #named<Result>(run: () => Result | Promise<Result>): Result | Promise<Result> {
    const named = (thrown: unknown) =>
      unknownClass(asError(thrown).message, this.origin.url) === undefined
        ? thrown
        : invalid(this.origin, thrown)
    try {
      const result = run()
      return result instanceof Promise
        ? result.catch((thrown) => {
            throw named(thrown)
          })
        : result
    } catch (thrown) {
      throw named(thrown)
    }
  }
}

/** The error of a plugin that cannot be used, in one line. */
export function invalid({ name, url }: Origin, cause: unknown, before = ''): PluginError {
  const { message } = asError(cause)
  const why = unknownClass(message, url) ?? message.split('\n')[0]!
  return new PluginError(`Cannot use plugin '${name}': ${before}${why}`, {
    code: 'ERR_PLUGIN_INVALID',
    cause,
  })
}
