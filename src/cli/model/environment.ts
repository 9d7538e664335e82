import { READABLE_KEYS_VARIABLE } from '../../config/trust/readers.js'

/** The variables that the program reads, for `--help` and the manual page. */
export const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ['QANAT_KEY', 'the shared key, if neither --key nor --key-file gives one'],
  ['HTTPS_PROXY, ALL_PROXY', 'the proxy for all but udp, if nothing else names one'],
  ['NO_PROXY', 'hosts to reach without that proxy'],
  ['QANAT_LOG_FORMAT', 'format of log lines, if neither --log-format nor the file says so'],
  ['JOURNAL_STREAM', 'tells that standard error is the journal, as set by systemd'],
  ['RUNTIME_DIRECTORY', 'folder for the files of running tunnels, as set by systemd'],
  ['XDG_RUNTIME_DIR', 'parent of that folder, for users other than root'],
  ['NOTIFY_SOCKET', 'where systemd is notified that the tunnel is up'],
  [READABLE_KEYS_VARIABLE, '1: take keys from files that others may read, like --allow-readable-keys'],
  ['QANAT_NO_NATIVE', '1: run without koffi, like --no-native'],
  ['QANAT_NO_REHEARSAL', '1: rehearse nothing, like --no-rehearsal; also read by qanat-wg'],
]

/** What the program does at a signal while a tunnel runs. */
export const SIGNALS: readonly (readonly [names: string, meaning: string])[] = [
  ['SIGINT, SIGTERM', 'restore the host and exit with code 0'],
  ['SIGHUP', 'read the file again, as "qanat reload" does; without a file: as SIGTERM'],
]

/** Files that the program reads or writes. */
export const FILES: readonly (readonly [path: string, meaning: string])[] = [
  ['FILE.toml', 'a tunnel; "qanat schema" describes it'],
  ['FILE.conf', 'a tunnel in the format of wg-quick(8)'],
  ['/run/qanat', 'what belongs to tunnels that run, so that each file runs once'],
  ['/dev/net/tun', 'what TUN devices are made of'],
]
