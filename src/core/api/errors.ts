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

/** A plugin's part failed while the tunnel ran, so often or so badly that the tunnel cannot go on. */
export class PluginFault extends QanatError {}

/** A carrier cannot be opened, or failed permanently. */
export class TransportError extends QanatError {}

/** The TUN device cannot be opened or configured, or failed. */
export class TunError extends QanatError {}

/** The host could not be changed beyond the device, or restored. */
export class HostError extends QanatError {}

/** What was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** Whether an error, or its cause, bears one of these codes of the system, such as `EMFILE`. */
export function hasCode(thrown: unknown, codes: readonly string[]): boolean {
  const { code, cause } = (thrown ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  return [code, cause?.code].some((one) => codes.includes(String(one)))
}
