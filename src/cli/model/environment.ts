/** The variables that the program reads, for `--help` and the manual page. */
export const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ['QANAT_KEY', 'the shared key, where neither --key nor --key-file gives one'],
  ['HTTPS_PROXY, ALL_PROXY', 'the proxy for tcp, ws and wss, where nothing else names one'],
  ['NO_PROXY', 'hosts that are reached without that proxy'],
  ['RUNTIME_DIRECTORY', 'the folder for the files of tunnels that run, as systemd sets it'],
  ['XDG_RUNTIME_DIR', 'the folder in which that folder is, for whoever is not root'],
  ['NOTIFY_SOCKET', 'where systemd is told that the tunnel is there'],
  ['QANAT_NO_NATIVE', '1: do without koffi, as --no-native does'],
]

/** What the program does at a signal while a tunnel runs. */
export const SIGNALS: readonly (readonly [names: string, meaning: string])[] = [
  ['SIGINT, SIGTERM', 'put everything back and end with exit code 0'],
  ['SIGHUP', 'read the file again, as "qanat reload" does; without a file: as SIGTERM'],
]

/** Files that the program reads or writes. */
export const FILES: readonly (readonly [path: string, meaning: string])[] = [
  ['FILE.toml', 'a tunnel; "qanat schema" describes it'],
  ['FILE.conf', 'a tunnel in the format of wg-quick(8)'],
  ['/run/qanat', 'what belongs to tunnels that run, so that each file runs once'],
  ['/dev/net/tun', 'what TUN devices are made of'],
]
