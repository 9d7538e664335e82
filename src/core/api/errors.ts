/** Codes that scripts may rely on; docs/errors.md lists them. */
export type ErrorCode =
  | 'ERR_CONFIG_VALUE'
  | 'ERR_CONFIG_MISSING'
  | 'ERR_PLUGIN_UNKNOWN'
  | 'ERR_PLUGIN_INVALID'
  | 'ERR_PLUGIN_FAULT'
  | 'ERR_HOST_UNKNOWN'
  | 'ERR_NAME_SERVER'
  | 'ERR_TRANSPORT_DIAL'
  | 'ERR_TRANSPORT_LISTEN'
  | 'ERR_TRANSPORT_FAILED'
  | 'ERR_TUN_PERMISSION'
  | 'ERR_TUN_MISSING'
  | 'ERR_TUN_NAME'
  | 'ERR_TUN_FAILED'
  | 'ERR_NATIVE'
  | 'ERR_PRIVILEGES'
  | 'ERR_HOST_CHANGE'
  | 'ERR_ROUTE_TAKEN'
  | 'ERR_NAMESPACE'
  | 'ERR_HOOK'
  | 'ERR_PROGRAM'
  | 'ERR_JOURNAL'
  | 'ERR_CONTROL'
  | 'ERR_NOT_RUNNING'
  | 'ERR_STARTING'

/** An error with a code. Its message says what could not be done, why, and what would be right. */
export class QanatError extends Error {
  readonly code: ErrorCode

  constructor(message: string, options: ErrorOptions & { code: ErrorCode }) {
    super(message, options)
    this.name = new.target.name
    this.code = options.code
  }
}

/** What the user asked for cannot be: a value, a combination, or a missing part. */
export class ConfigError extends QanatError {}

/** A plugin is not there, is not whole, or claims a taken name. */
export class PluginError extends QanatError {}

/** A function of a plugin threw, did not end in time, or returned what it must not. */
export class PluginFault extends QanatError {
  /** What the plugin is called. */
  readonly plugin: string
  /** The function that failed, such as `send`. */
  readonly operation: string

  constructor(
    message: string,
    options: ErrorOptions & { code: ErrorCode; plugin: string; operation: string },
  ) {
    super(message, options)
    this.plugin = options.plugin
    this.operation = options.operation
  }
}

/** A carrier cannot be opened, or failed permanently. */
export class TransportError extends QanatError {
  /** Why, as a code in kebab-case: one of docs/troubleshooting.md, or a plugin's own. Undefined if nobody said. */
  readonly reason: string | undefined

  constructor(message: string, options: ErrorOptions & { code: ErrorCode; reason?: string | undefined }) {
    super(message, options)
    this.reason = options.reason
  }
}

/** The TUN device cannot be opened or configured, or failed. */
export class TunError extends QanatError {}

/** The host could not be changed beyond the device, or restored. */
export class HostError extends QanatError {}

/**
 * Names the class of an error that bears a code of ours. It is on errors of any copy of this package; a plugin without
 * one sets it itself, beside `code`.
 */
const KIND = Symbol.for('qanat/error')

for (const kind of [QanatError, ConfigError, PluginError, PluginFault, TransportError, TunError, HostError]) {
  Object.defineProperty(kind.prototype, KIND, { value: kind.name })
}

/** The class that an error of this package says it is of; undefined if it is another one. */
function kindOf(thrown: unknown): string | undefined {
  const { code, message, [KIND]: kind } = (thrown ?? {}) as Readonly<Record<string | symbol, unknown>>
  return typeof code === 'string' && typeof message === 'string' && typeof kind === 'string'
    ? kind
    : undefined
}

/**
 * Whether it is an error with a code of ours, of whichever copy of this package.
 *
 * @param thrown whatever was thrown.
 * @throws nothing.
 * @example
 * if (isQanatError(error)) process.exitCode = error.code === 'ERR_STARTING' ? 75 : 1
 */
export function isQanatError(thrown: unknown): thrown is QanatError {
  return kindOf(thrown) !== undefined
}

/**
 * Whether it is a ConfigError, of whichever copy of this package.
 *
 * @param thrown whatever was thrown.
 * @throws nothing.
 * @example
 * if (isConfigError(error)) showToUser(error.message)
 */
export function isConfigError(thrown: unknown): thrown is ConfigError {
  return kindOf(thrown) === 'ConfigError'
}

/**
 * Whether it is a PluginError, of whichever copy of this package.
 *
 * @param thrown whatever was thrown.
 * @throws nothing.
 * @example
 * if (isPluginError(error)) disable(plugin)
 */
export function isPluginError(thrown: unknown): thrown is PluginError {
  return kindOf(thrown) === 'PluginError'
}

/**
 * Whether it is a PluginFault, of whichever copy of this package.
 *
 * @param thrown whatever was thrown.
 * @throws nothing.
 * @example
 * tunnel.on('closed', (error) => isPluginFault(error) && report(error.message))
 */
export function isPluginFault(thrown: unknown): thrown is PluginFault {
  return kindOf(thrown) === 'PluginFault'
}

/**
 * Whether it is a TransportError, of whichever copy of this package.
 *
 * @param thrown whatever was thrown.
 * @throws nothing.
 * @example
 * if (isTransportError(error)) tryAgainLater()
 */
export function isTransportError(thrown: unknown): thrown is TransportError {
  return kindOf(thrown) === 'TransportError'
}

/**
 * Whether it is a TunError, of whichever copy of this package.
 *
 * @param thrown whatever was thrown.
 * @throws nothing.
 * @example
 * if (isTunError(error) && error.code === 'ERR_TUN_PERMISSION') askForRights()
 */
export function isTunError(thrown: unknown): thrown is TunError {
  return kindOf(thrown) === 'TunError'
}

/**
 * Whether it is a HostError, of whichever copy of this package.
 *
 * @param thrown whatever was thrown.
 * @throws nothing.
 * @example
 * if (isHostError(error)) showToAdministrator(error.message)
 */
export function isHostError(thrown: unknown): thrown is HostError {
  return kindOf(thrown) === 'HostError'
}

/** What was thrown, as an Error: one with a code of ours stays what it is. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error || isQanatError(thrown) ? thrown : new Error(String(thrown))
}

/** Whether an error, or its cause, bears one of these codes of the system, such as `EMFILE`. */
export function hasCode(thrown: unknown, codes: readonly string[]): boolean {
  const { code, cause } = (thrown ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  return [code, cause?.code].some((one) => codes.includes(String(one)))
}
