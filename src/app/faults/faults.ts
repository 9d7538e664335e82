import { asError, type ErrorCode, isPluginFault, isQanatError, PluginFault } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { redactText } from '../../core/api/redact.js'
import { ThrottledWarnings } from '../../core/api/throttled-warnings.js'
import { attempt } from '../../core/time/attempt.js'
import type { Clock } from '../../core/time/clock.js'
import { inTime } from '../../core/time/in-time.js'
import { inScope, type PluginScope } from './plugin-scope.js'
import { misshapen, type ShapeName } from './shapes.js'

/** Milliseconds that a plugin may take to be set up, to make a part and to listen. */
const MAKE_LIMIT = 10_000
/** Milliseconds that each end of something of a plugin's is waited for. */
export const END_LIMIT = 5_000
/** Characters of a plugin's own words that a message has. */
const MAX_WHY = 300

/** Whose faults these are. */
export interface FaultsOf {
  /** What the plugin is called. */
  readonly plugin: string
  /** The plugin or its part, as messages call it: `cipher 'rot13' of plugin 'rot13'`. */
  readonly what: string
  readonly log: Logger
  readonly clock: Clock
  /** Whether what it throws where nobody waits for it is logged alone; ends the tunnel if absent. */
  readonly outlived?: boolean
  /** Says more of an error than its message does; undefined if there is nothing more. */
  readonly explain?: ((message: string) => string | undefined) | undefined
}

/** How a function of a plugin is called. */
export interface CallOptions<Result> {
  /** What cannot be done if it fails, as messages say it. */
  readonly doing?: string
  /** Milliseconds. */
  readonly limit?: number
  /** Takes what comes when nobody waits for it any more. */
  readonly late?: (result: Result) => void
  /** Takes what is thrown later on by what it began; ends the tunnel if absent. */
  readonly scope?: PluginScope | undefined
}

/** Names what a plugin, or one of its parts, does wrong, and bounds how long it may take. */
export class Faults {
  readonly #of: FaultsOf
  readonly #warnings: ThrottledWarnings

  constructor(of: FaultsOf) {
    this.#of = of
    this.#warnings = new ThrottledWarnings(of.log)
  }

  /** What was thrown, with the names of what threw it. Its stack is logged at the level debug. */
  threw(operation: string, thrown: unknown, doing = 'go on with'): PluginFault {
    if (isPluginFault(thrown)) return thrown // named already
    return this.#fault(operation, `failed: ${this.#noted(operation, thrown)}`, doing, thrown)
  }

  /** Calls a function of the plugin that is done when it returns. @throws PluginFault that names what it threw. */
  naming<Result>(operation: string, work: () => Result): Result {
    try {
      return work()
    } catch (thrown) {
      throw this.threw(operation, thrown)
    }
  }

  /** What the plugin itself says to have gone wrong for good. An error with a code is told as it is. */
  said(operation: string, error: Error): Error {
    if (isQanatError(error)) return error
    return this.#fault(operation, `says: ${this.#noted(operation, error)}`, 'go on with', error)
  }

  /** An error for what is wrong without having been thrown, such as `returned no list of datagrams`. */
  wrong(operation: string, why: string, doing = 'go on with'): PluginFault {
    return this.#fault(operation, why, doing, undefined)
  }

  /** Looks at what a function made. @throws PluginFault if it is no such thing. */
  checkMade(operation: string, kind: ShapeName, made: unknown): void {
    let why: string | undefined
    try {
      why = misshapen(kind, made)
    } catch (thrown) {
      throw this.threw(operation, thrown, 'use')
    }
    if (why !== undefined) throw this.wrong(operation, `returned ${why}`, 'use')
  }

  /** What an operation of a transport's begins is borne with, whatever it throws: strangers may bring that about. */
  bearing(operation: string): PluginScope {
    const bear = (operation: string) => (thrown: unknown) => {
      this.warn(this.threw(operation, thrown))
      return undefined
    }
    return { threw: bear(operation), socketThrew: bear('receive') }
  }

  /** Does work of the plugin's that nobody waits for: what it throws, at once or later, is borne with. */
  bear(operation: string, work: () => unknown): void {
    const scope = this.bearing(operation)
    attempt(() => inScope(scope, work), scope.threw)
  }

  /** Says at most once a minute that a fault is borne with, and how. */
  warn({ message, operation, plugin }: PluginFault, borne = 'the tunnel goes on'): void {
    this.#warnings.give(
      `${this.#of.what} failed in '${operation}', and ${borne}`,
      { plugin, operation, why: message },
      this.#of.clock.now(),
    )
  }

  /**
   * Calls a function of the plugin: at once if it does not return a promise.
   *
   * @throws PluginFault if it fails or takes too long. An error with a code is its own way to say what is wrong.
   */
  call<Result>(
    operation: string,
    work: () => Result | Promise<Result>,
    { doing = 'use', late = () => {}, limit = MAKE_LIMIT, scope }: CallOptions<Result> = {},
  ): Result | Promise<Result> {
    const named = (thrown: unknown) => (isQanatError(thrown) ? thrown : this.threw(operation, thrown, doing))
    const inItsTime = async (making: Promise<Result>) => {
      try {
        if (await inTime(this.#of.clock, limit, making)) return await making
      } catch (thrown) {
        throw named(thrown)
      }
      making.then(late).catch(() => {}) // nobody asks any more
      throw this.wrong(operation, didNotEnd(limit), doing)
    }
    try {
      const result = inScope(scope ?? this.#fatal(operation), work)
      return result instanceof Promise ? inItsTime(result) : result
    } catch (thrown) {
      throw named(thrown)
    }
  }

  /**
   * Ends something of the plugin's: resolves when it is over.
   *
   * @throws PluginFault if that fails, or is waited for no more.
   */
  async close(operation: string, work: () => unknown): Promise<void> {
    try {
      const ending = Promise.resolve(inScope(this.#fatal(operation), work))
      if (await inTime(this.#of.clock, END_LIMIT, ending)) return
    } catch (thrown) {
      throw this.threw(operation, thrown, 'close')
    }
    throw this.wrong(operation, didNotEnd(END_LIMIT), 'close')
  }

  /** The same, but what goes wrong is logged. */
  async end(operation: string, work: () => unknown): Promise<void> {
    try {
      await this.close(operation, work)
    } catch (thrown) {
      this.#of.log.warn(asError(thrown).message)
    }
  }

  /** Logs the stack of an error. Returns what is to be said of it. */
  #noted(operation: string, thrown: unknown): string {
    const { message, stack } = asError(thrown)
    const { explain, log, plugin } = this.#of
    log.debug('a plugin failed', { plugin, operation, stack })
    return explain?.(message) ?? redactText(message.split('\n')[0]!.slice(0, MAX_WHY))
  }

  /** What the plugin throws later on, when nothing of Qanat's called it, ends the tunnel, unless that outlives it. */
  #fatal(operation: string): PluginScope {
    if (this.#of.outlived) return this.bearing(operation)
    return { threw: (thrown) => this.threw(operation, thrown) }
  }

  #fault(operation: string, why: string, doing: string, cause: unknown): PluginFault {
    const { plugin, what } = this.#of
    const code: ErrorCode = doing === 'use' ? 'ERR_PLUGIN_INVALID' : 'ERR_PLUGIN_FAULT'
    return new PluginFault(`Cannot ${doing} ${what}: '${operation}' ${why}`, {
      code,
      cause,
      plugin,
      operation,
    })
  }
}

function didNotEnd(limit: number): string {
  return `did not end within ${limit / 1_000} s`
}
