import { ROUTING_TABLE } from '../../core/api/tun-device.js'
import { ANY_PORT, MAX_PORT } from '../../core/settings/ports.js'

/** How the value of a key becomes what a TOML file would hold. */
export type Form =
  /** A text. */
  | 'text'
  /** A text that may have blanks within. */
  | 'words'
  /** A number; `off` is 0 if the key says so. Anything else is left for the schema to refuse. */
  | 'number'
  /** The number of a routing table, its name, `auto` or `off`. */
  | 'table'
  /** Values between commas or blanks; the key may be repeated. */
  | 'list'
  /** The same, of prefixes, which may have blanks within. */
  | 'prefixes'
  /** One item for each line. */
  | 'lines'
  /** `true` or `false`. */
  | 'toggle'
  /** The port of all local addresses. */
  | 'port'
  /** `host:port`, of which the last counts, or a URL; repeated: in order of preference. */
  | 'endpoints'

/** Who reads a key: wg drops blanks wherever they are, and wg-quick takes keys that have no value. */
export type Reader = 'wg' | 'wg-quick'

/** A key of a wg-quick file. */
export interface WgQuickKey {
  /** As wg-quick's manual writes it; case does not matter. */
  readonly name: string
  /** The key of a TOML file's table with the same meaning. */
  readonly key: string
  readonly form: Form
  readonly reader: Reader
}

/** Keys of [Interface] that wg-quick leaves to wg, as it does all of [Peer]. */
const OF_WG = ['PrivateKey', 'ListenPort', 'FwMark']

/** wg-quick(8) and wg(8), and what Qanat adds: `Proxy`, and URLs in `Endpoint`. */
export const WG_QUICK_KEYS = {
  Interface: keys(
    [
      ['PrivateKey', 'private-key', 'text'],
      ['Address', 'address', 'list'],
      ['ListenPort', 'listen', 'port'],
      ['DNS', 'dns', 'list'],
      ['MTU', 'mtu', 'number'],
      ['Table', 'table', 'table'],
      ['FwMark', 'fwmark', 'number'],
      ['PreUp', 'pre-up', 'lines'],
      ['PostUp', 'post-up', 'lines'],
      ['PreDown', 'pre-down', 'lines'],
      ['PostDown', 'post-down', 'lines'],
      ['SaveConfig', 'save-config', 'toggle'],
    ],
    (name) => (OF_WG.includes(name) ? 'wg' : 'wg-quick'),
  ),
  Peer: keys(
    [
      ['PublicKey', 'public-key', 'text'],
      ['PresharedKey', 'preshared-key', 'text'],
      ['AllowedIPs', 'allowed-ips', 'prefixes'],
      ['Endpoint', 'endpoints', 'endpoints'],
      ['PersistentKeepalive', 'keepalive', 'number'],
      ['Proxy', 'proxy', 'words'],
    ],
    () => 'wg',
  ),
} as const

export type Section = keyof typeof WG_QUICK_KEYS

function keys(
  rows: readonly (readonly [string, string, Form])[],
  readerOf: (name: string) => Reader,
): readonly WgQuickKey[] {
  return rows.map(([name, key, form]) => ({ name, key, form, reader: readerOf(name) }))
}

const { min, max } = ROUTING_TABLE

/** What messages call allowed, if a TOML file takes something else. */
export const ALLOWED: Partial<Readonly<Record<Form, string>>> = {
  table: `"auto", "off", the number of a table within ${min} to ${max}, or its name in /etc/iproute2/rt_tables`,
  port: `a port within ${ANY_PORT} to ${MAX_PORT}, or the name of a UDP service in /etc/services`,
  endpoints:
    'HOST:PORT, or a URL such as tcp://vpn.example.org:443; PORT may be the name of a UDP service in /etc/services',
}

/** The key of that name in a section, whatever its case. */
export function keyNamed(section: Section, name: string): WgQuickKey | undefined {
  return WG_QUICK_KEYS[section].find((key) => key.name.toLowerCase() === name.toLowerCase())
}

/** Sections by the tables of a TOML file that they are. A map: a file may have a section `[constructor]`, too. */
export const SECTIONS: ReadonlyMap<string, Section> = new Map([
  ['interface', 'Interface'],
  ['peer', 'Peer'],
])
