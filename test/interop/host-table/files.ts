import type { Identities } from '../../support/e2e/identities.js'
import { CLIENT, OUTER, SERVER, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'

/** A kind of wg-quick file. */
export interface TableFile {
  readonly name: string
  /** Further lines of [Interface]. */
  readonly lines: readonly string[]
  readonly allowed: string
  /** Whether it leads everything into the tunnel and marks what carries that. */
  readonly isFull: boolean
  /** What answers through the tunnel. */
  readonly reaches: readonly string[]
  /** Whom the host is to ask for names; undefined if it is not to ask others than before. */
  readonly nameServer?: string
}

const INSIDE = [SERVER.ipv4, SERVER.ipv6]
const EVERYTHING = '0.0.0.0/0, ::/0'
/** Mullvad's kill switch, as its files have it. */
const REJECT = '! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT'
const both = (command: string) => `iptables ${command} && ip6tables ${command}`

/** The files of a table, each of a use of its own. */
export const FILES: readonly TableFile[] = [
  {
    name: 'some ranges',
    lines: [],
    isFull: false,
    allowed: `${SERVER.ipv4}/32, ${SERVER.ipv6}/128, 10.8.0.0/16`,
    reaches: INSIDE,
  },
  {
    name: 'everything',
    lines: [],
    isFull: true,
    allowed: EVERYTHING,
    reaches: [...INSIDE, WORLD.ipv4, WORLD.ipv6],
  },
  {
    name: "everything, with name servers and Mullvad's kill switch",
    lines: [
      `DNS = ${SERVER.ipv4}, ~.`,
      `PostUp = ${both(`-w -I OUTPUT ${REJECT}`)}`,
      `PreDown = ${both(`-w -D OUTPUT ${REJECT}`)}`,
    ],
    isFull: true,
    allowed: EVERYTHING,
    reaches: [...INSIDE, WORLD.ipv4, WORLD.ipv6],
    nameServer: SERVER.ipv4,
  },
  {
    name: 'routes and rules by hooks',
    lines: [
      'Table = off',
      'PostUp = ip route add 10.0.0.0/24 dev %i; ip -6 route add fd00::/64 dev %i; iptables -w -I FORWARD -i %i -j ACCEPT; iptables -w -t nat -A POSTROUTING -o wire -j MASQUERADE',
      'PostDown = iptables -w -D FORWARD -i %i -j ACCEPT; iptables -w -t nat -D POSTROUTING -o wire -j MASQUERADE',
    ],
    isFull: false,
    allowed: EVERYTHING,
    reaches: INSIDE,
  },
]

/** A file of its kind; `more` are further lines of [Interface]. */
export function textOf(
  { lines, allowed }: TableFile,
  { near, far }: Identities,
  port: number,
  more: readonly string[] = [],
): string[] {
  return [
    '[Interface]',
    `PrivateKey = ${near.privateKey}`,
    `Address = ${CLIENT.ipv4}/32, ${CLIENT.ipv6}/128`,
    ...lines,
    ...more,
    '[Peer]',
    `PublicKey = ${far.publicKey}`,
    `AllowedIPs = ${allowed}`,
    `Endpoint = ${OUTER}:${port}`,
    'PersistentKeepalive = 25',
  ]
}
