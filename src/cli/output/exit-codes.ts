import { type ErrorCode, QanatError } from '../../core/api/errors.js'

export const EXIT_OK = 0
export const EXIT_FAILED = 1
export const EXIT_USAGE = 2

/** For `--help`. */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [EXIT_OK, 'stopped on request (Ctrl-C, SIGTERM), or printed what was asked for'],
  [EXIT_FAILED, 'the tunnel ran and failed'],
  [EXIT_USAGE, 'it cannot start as asked: a wrong value, a missing part or privilege, a port or name in use'],
]

/** Codes of errors that only come up while a tunnel runs. */
const RUNNING: readonly ErrorCode[] = ['ERR_TRANSPORT_FAILED', 'ERR_TUN_FAILED']

/** The exit code for an error that kept a tunnel from starting. */
export function exitCodeOf(error: Error): number {
  return error instanceof QanatError && !RUNNING.includes(error.code) ? EXIT_USAGE : EXIT_FAILED
}
