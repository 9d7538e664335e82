import type { ConfigError, QanatError, TransportError } from '../api/errors.js'

/** Makes the errors that a part throws, so that it need not import them. URLs in them are redacted. */
export interface ErrorsHelper {
  /** That an endpoint cannot be dialled, and why: a text, or what was thrown. An error of ours passes as it is. */
  dial(endpoint: URL, why: unknown): QanatError
  /** That an endpoint cannot be listened on, and why. */
  listen(endpoint: URL, why: unknown): QanatError
  /** That an open link to `remote` failed, and why: for `closed` of the handlers. */
  link(remote: string, why: unknown): TransportError
  /** That what the user asked for cannot be. It never contains a secret. */
  config(message: string): ConfigError
}
