import type { DependencyContainer } from 'tsyringe'
import { asError, ConfigError, isQanatError, PluginError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import { OPTIONS } from '../../core/injection/tokens.js'
import type { Plugin, PluginContext } from '../../core/plugin/plugin.js'
import { optionsInQuery } from './endpoint-options.js'
import { type Helpers, pluginHelpers } from './plugin-helpers.js'
import { unknownClass } from './second-copy.js'

/** Where a plugin comes from. */
export interface Origin {
  /** What messages call it: what the user gave. */
  readonly name: string
  /** The URL of its module; absent if it comes from none. */
  readonly url?: string
  /** Whether it is a part of Qanat. */
  readonly isOwn?: true
}

/** A plugin within an app, with a container of its own. */
export class LoadedPlugin {
  readonly plugin: Plugin
  readonly origin: Origin
  readonly container: DependencyContainer
  #options: object = {}
  #ready: Promise<void> | undefined
  #helpers: Helpers | undefined

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
    const name = this.origin.isOwn ? undefined : this.plugin.name
    this.#helpers ??= pluginHelpers(container, name, signal)
    return {
      options: this.#options as PluginContext['options'],
      optionsOf: (endpoint) => this.#optionsOf(endpoint),
      container,
      signal,
      ...this.#helpers,
    }
  }

  /** @throws ConfigError for what a configuration is refused for. */
  #optionsOf(endpoint: URL): PluginContext['options'] {
    const { faults, set } = optionsInQuery(this.plugin, endpoint)
    if (faults.length === 0) return Object.freeze({ ...this.#options, ...set }) as PluginContext['options']
    const lines = faults.map((fault) => `Cannot use ${redact(endpoint)}: it ${fault}`)
    throw new ConfigError(lines.join('\n'), { code: 'ERR_CONFIG_VALUE' })
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
