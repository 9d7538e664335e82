import { type ErrorCode, hasCode, isQanatError } from '../../core/api/errors.js'

export const EXIT_OK = 0
export const EXIT_FAILED = 1
export const EXIT_USAGE = 2

/** For `--help`. */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [EXIT_OK, 'stopped on request (Ctrl-C, SIGTERM), or printed what was asked for'],
  [
    EXIT_FAILED,
    'the tunnel ran and failed, or waited for the network in vain; "status" shows what a dead one left',
  ],
  [EXIT_USAGE, 'it cannot start as asked: a wrong value, a missing part or privilege, a port or name in use'],
]

/** Codes of errors that come up while a tunnel runs, or until the network is there: trying again may help. */
const PASSING: readonly ErrorCode[] = [
  'ERR_TRANSPORT_FAILED',
  'ERR_TUN_FAILED',
  'ERR_HOST_UNKNOWN',
  'ERR_NAME_SERVER',
  'ERR_TRANSPORT_DIAL',
]
/** What the system says of an address that the network has not given to this host yet. bind(2) */
const NO_ADDRESS_YET = ['EADDRNOTAVAIL']

/** The exit code for an error that kept a tunnel from starting. */
export function exitCodeOf(error: Error): number {
  if (!isQanatError(error) || hasCode(error, NO_ADDRESS_YET)) return EXIT_FAILED
  return PASSING.includes(error.code) ? EXIT_FAILED : EXIT_USAGE
}
