/** How the text of an option becomes what a TOML file would hold. */
type Form =
  | 'text'
  /** Decimal. Anything but a number stays a text, and the schema refuses it. */
  | 'number'
  /** Values between commas. */
  | 'list'
  /** The option may be repeated. */
  | 'repeated'
  /** The option has no value, and says true. */
  | 'switch'

/** An option of the command line that says what a key of a TOML file says. */
export interface Flag {
  readonly name: string
  readonly table: 'interface' | 'peer' | 'tls' | 'websocket'
  readonly key: string
  readonly form: Form
}

export const FLAGS: readonly Flag[] = [
  ...flags('interface', [
    ['--address', 'address', 'list'],
    ['--cipher', 'cipher', 'text'],
    ['--hook', 'hooks', 'repeated'],
    ['--key', 'key', 'text'],
    ['--key-file', 'key-file', 'text'],
    ['--listen', 'listen', 'repeated'],
    ['--mtu', 'mtu', 'number'],
    ['--plugin', 'plugins', 'repeated'],
    ['--portal-probe', 'portal-probe', 'text'],
    ['--private-key-file', 'private-key-file', 'text'],
    ['--tun', 'name', 'text'],
    ['--tun-driver', 'tun-driver', 'text'],
  ]),
  ...flags('peer', [
    ['--allowed-ips', 'allowed-ips', 'list'],
    ['--keepalive', 'keepalive', 'number'],
    ['--peer', 'endpoints', 'repeated'],
    ['--peer-key', 'public-key', 'text'],
    ['--proxy', 'proxy', 'text'],
    ['--proxy-auth', 'proxy-auth', 'text'],
    ['--proxy-header', 'proxy-headers', 'repeated'],
    ['--psk-file', 'preshared-key-file', 'text'],
  ]),
  ...flags('tls', [
    ['--proxy-ca', 'proxy-ca-file', 'text'],
    ['--tls-ca', 'ca-file', 'text'],
    ['--tls-cert', 'cert-file', 'text'],
    ['--tls-further-cert', 'further-cert-files', 'repeated'],
    ['--tls-further-key', 'further-key-files', 'repeated'],
    ['--tls-key', 'key-file', 'text'],
    ['--tls-key-passphrase', 'key-passphrase-file', 'text'],
    ['--tls-name', 'server-name', 'text'],
    ['--tls-pin', 'pin', 'text'],
  ]),
  ...flags('websocket', [
    ['--client-address-header', 'client-address-header', 'text'],
    ['--header', 'headers', 'repeated'],
    ['--http-fallback', 'http-fallback', 'switch'],
    ['--document-root', 'document-root', 'text'],
    ['--max-message', 'max-message', 'number'],
    ['--trusted-proxy', 'trusted-proxies', 'repeated'],
  ]),
]

/** Options under a former name, which stand for former names of keys. */
export const FORMER_FLAGS: readonly Flag[] = flags('websocket', [['--site', 'site', 'text']])

function flags(
  table: Flag['table'],
  rows: readonly (readonly [name: string, key: string, form: Form])[],
): readonly Flag[] {
  return rows.map(([name, key, form]) => ({ name, table, key, form }))
}

/** The value of an option as a TOML file would hold it. */
export function fromOption(form: Form, value: string | readonly string[] | true): unknown {
  if (typeof value !== 'string') return value
  if (form === 'number') return /^\d+$/.test(value) ? Number(value) : value
  return form === 'list' ? value.split(',').map((item) => item.trim()) : value
}
