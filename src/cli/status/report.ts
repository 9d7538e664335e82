import type { PluginFigures } from '../../app/figures/figure-values.js'
import type { LoginStatus } from '../../app/login/login-lease.js'
import type { GroupStatus, PeerStatus, TunnelStatus } from '../../app/tunnel/status.js'
import { ENDING } from '../../config/schema/formats.js'
import { certificatesText } from '../output/certificates-text.js'
import { type Column, formatTable } from '../output/table.js'
import { nameOf } from '../run/find-runs.js'
import type { LeftTunnel } from './left-tunnels.js'
import { reasonsReportOf } from './reasons-report.js'
import type { SilentRun } from './silent-run.js'

/** What tunnels of older versions do not report of their peers. */
type Later =
  | 'attempts'
  | 'trying'
  | 'proxy'
  | 'proxySource'
  | 'state'
  | 'onlineSince'
  | 'lastSeen'
  | 'saidGoodbye'

/** A peer as a running tunnel reports it; those of older versions report less. */
export type ReportedPeer = Omit<PeerStatus, Later> & Partial<Pick<PeerStatus, Later>>

/** What a running tunnel reports of itself. */
export interface RunStatus
  extends Omit<TunnelStatus, 'addresses' | 'mtu' | 'troubles' | 'portal' | 'peers'>,
    Partial<Pick<TunnelStatus, 'addresses' | 'mtu' | 'troubles' | 'portal'>> {
  readonly file: string
  readonly pid: number
  /** Of the program that runs it, which may be another one than is installed now. */
  readonly version?: string
  /** The login that is open past it; absent if none is. */
  readonly login?: LoginStatus
  readonly peers: readonly ReportedPeer[]
}

const COLUMNS: readonly Column[] = [
  { title: 'peer' },
  { title: 'state' },
  { title: 'last seen', numeric: true },
  { title: 'inside' },
  { title: 'reached at' },
  { title: 'since', numeric: true },
  { title: 'handshake', numeric: true },
  { title: 'round trip', numeric: true },
  { title: 'sent', numeric: true },
  { title: 'received', numeric: true },
  { title: 'dropped' },
  { title: 'why' },
]
const NONE = '–'
const INDENT = '  '
/** Characters of a key that stands for a peer without a name. */
const SHORT_KEY = 12

/** Lines about a tunnel for people to read. `now`: milliseconds since 1970; `width`: columns that its table may take. */
export function reportOf(status: RunStatus, now: number, width?: number): string[] {
  const { addresses = [], cipher, device, drops, figures = {}, file, groups = [] } = status
  const { isolateClients, listen, mtu, peers, pid, received, sent, since, troubles, version } = status
  const ago = (time: string) => spanText(now - Date.parse(time))
  const listens = listen.length === 0 ? 'listens nowhere' : `listens at ${listen.join(', ')}`
  const apart = isolateClients ? ', keeps clients apart' : ''
  const inside = addresses.length === 0 ? '' : ` with ${addresses.join(', ')}`
  const size = mtu === undefined ? '' : `, MTU ${mtu}`
  const program = version === undefined ? '' : ` of Qanat ${version}`
  const shown = peers.map((peer) => asInFile(peer, file))
  const name = (id: string) => shownName(peers.find((peer) => peer.id === id) ?? { name: null, id })
  const reasons = reasonsReportOf({ peers: shown, troubles, nameOf: name, now, span: spanText })
  return [
    `${nameOf(file)}: ${file}, process ${pid}${program}, up for ${ago(since)}`,
    `  device ${device}${inside}${size}, ${cipher}, ${listens}${apart}`,
    ...loginReportOf(status.login, now),
    ...certificatesText(status.certificates).map((line) => `  ${line}`),
    `  sent ${bytesText(sent.bytes)}, received ${bytesText(received.bytes)}, dropped: ${dropsText(drops)}`,
    ...Object.entries(figures).map(([plugin, told]) => `  ${plugin}: ${figuresText(told)}`),
    ...portalReportOf(status.portal, ago),
    ...groups.map((group) => groupText(group, name, ago(group.since))),
    '',
    ...formatTable(
      COLUMNS,
      shown.map((peer) => rowOf(peer, ago)),
      width === undefined ? undefined : width - INDENT.length,
    ).map((line) => `${INDENT}${line}`),
    ...(reasons.length === 0 ? [] : ['', ...reasons.map((line) => `${INDENT}${line}`)]),
  ]
}

/** Lines about a login page that is in the way. */
function portalReportOf(portal: RunStatus['portal'], ago: (time: string) => string): string[] {
  if (portal === null || portal === undefined) return []
  const { code, host, since, url } = portal
  const where = url === null ? [] : [`    its address, as whoever answered says: ${url}`]
  return [`  a login page is in the way for ${ago(since)}, seen at ${host} (${code})`, ...where]
}

/** Which member of a group is active, since when, and how often another one was made that. */
function groupText(
  { active, members, moves, name }: GroupStatus,
  nameOf: (id: string) => string,
  ago: string,
): string {
  const others = members.filter((id) => id !== active).map(nameOf)
  const standingBy = others.length === 0 ? '' : `, standing by: ${others.join(', ')}`
  return `  group ${name}: ${nameOf(active)} is active for ${ago}, ${moves} ${moves === 1 ? 'move' : 'moves'}${standingBy}`
}

/** How long a login may still go past a tunnel, to the second. */
function loginReportOf(login: LoginStatus | undefined, now: number): string[] {
  if (login === undefined) return []
  const seconds = Math.max(0, Math.ceil((Date.parse(login.until) - now) / 1_000))
  const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return [`  login open for another ${left}, for a browser on a page of the network`]
}

/** A line about a tunnel that runs and cannot answer. */
export function silentReportOf({ file, pid, state }: SilentRun): string {
  const states = {
    starting: 'which is still starting it',
    stopped: `which is stopped, as by SIGSTOP; 'kill -CONT ${pid}' continues it`,
  } as const
  return `${nameOf(file)}: ${file}, process ${pid}, ${states[state]}`
}

/** Lines about what a tunnel left that does not run, and how to undo it. */
export function leftReportOf({ byService, changes, file, here, journal, killSwitch }: LeftTunnel): string[] {
  const who = file === null ? `a tunnel whose file ${journal} does not tell` : `${nameOf(file)}: ${file}`
  const what = killSwitch ? 'its kill switch stands' : 'what it changed on this host stands'
  const verb = killSwitch ? 'lifts' : 'undoes'
  const within = here ? '' : ' within its network namespace'
  const remedy = byService
    ? `start its service again and stop it: that ${verb} it`
    : `'qanat down ${file ?? 'FILE'}'${within} ${verb} it, and so does the end of a new start`
  return [
    `${who}, not running, but ${what}${here ? '' : ' in another network namespace'}:`,
    ...changes.map((change) => `  ${change}`),
    `  ${remedy}`,
  ]
}

/** Where a peer is, as its file says it: `HOST:PORT` stands for UDP in one of wg-quick. */
function asInFile(peer: ReportedPeer, file: string): ReportedPeer {
  if (!file.endsWith(ENDING['wg-quick'])) return peer
  const bare = (url: string | null) => url?.replace(/^udp:\/\//, '') ?? null
  const { attempts = [], connecting, endpoint, remote, trying = [] } = peer
  return {
    ...peer,
    endpoint: bare(endpoint),
    remote: bare(remote),
    attempts: attempts.map((attempt) => ({ ...attempt, endpoint: bare(attempt.endpoint)! })),
    connecting: connecting && { ...connecting, endpoint: bare(connecting.endpoint)! },
    trying: trying.map((one) => ({ ...one, endpoint: bare(one.endpoint)! })),
  }
}

function rowOf(peer: ReportedPeer, ago: (time: string) => string): string[] {
  const { allowed, drops, endpoint, lastHandshake, received, remote, roundTrip, sent, since } = peer
  const behind = endpoint === null || endpoint === remote ? '' : ` (${endpoint})`
  return [
    shownName(peer),
    stateText(peer, ago),
    peer.lastSeen ? `${ago(peer.lastSeen)} ago` : NONE,
    allowed.join(', ') || NONE,
    remote === null ? NONE : `${remote}${behind}${throughText(peer)}`,
    since === null ? NONE : ago(since),
    lastHandshake === null ? NONE : `${ago(lastHandshake)} ago`,
    roundTrip === null ? NONE : `${roundTrip} ms`,
    bytesText(sent.bytes),
    bytesText(received.bytes),
    dropsText(drops),
    whyText(peer, ago),
  ]
}

/** The proxy before a peer, and what names it or exempts the peer. Older versions do not report the latter. */
function throughText({ proxy, proxySource }: ReportedPeer): string {
  const way = proxy ? ` by ${proxy}` : ''
  return proxySource ? `${way || ' directly'}, as ${proxySource} says` : way
}

/** Whether a peer is there, since when, and whether it said that it is not. Older versions do not report that. */
function stateText({ onlineSince, saidGoodbye, state }: ReportedPeer, ago: (time: string) => string): string {
  if (!state) return NONE
  if (state === 'offline') return saidGoodbye ? 'offline, said goodbye' : 'offline'
  return onlineSince ? `${state} for ${ago(onlineSince)}` : state
}

/** What a peer is called, or the begin of its key. */
function shownName({ id, name }: Pick<PeerStatus, 'id' | 'name'>): string {
  return name ?? (id.length > SHORT_KEY ? `${id.slice(0, SHORT_KEY)}…` : id)
}

/** Why it is reached as it is, and what attempts to connect wait for. Older versions report one of these at the most, or none. */
function whyText({ connecting, trying = [], why }: ReportedPeer, ago: (time: string) => string): string {
  const attempts = trying.length === 0 && connecting ? [connecting] : trying
  const texts = attempts.map(
    ({ endpoint, since, step }) => `connecting to ${endpoint}: waiting for ${step}, ${ago(since)}`,
  )
  return [why, ...texts].join('; ')
}

function dropsText(drops: Readonly<Record<string, number>>): string {
  const texts = Object.entries(drops).map(([cause, count]) => `${cause} ${count}`)
  return texts.length === 0 ? NONE : texts.join(', ')
}

/** What a plugin told, such as `resent 7 datagrams (timeout)`. */
function figuresText(figures: PluginFigures): string {
  const texts = Object.entries(figures).flatMap(([name, { unit, values }]) =>
    values.map(({ labels, value }) => {
      const amount = unit === 'bytes' ? bytesText(value) : `${value} ${unit}`
      const by = Object.values(labels).join(', ')
      return `${name} ${amount}${by === '' ? '' : ` (${by})`}`
    }),
  )
  return texts.length === 0 ? NONE : texts.join(', ')
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Bytes as people read them, such as `1.5 MB`; a kB has 1,000. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 999.5 && unit < BYTE_UNITS.length - 1; unit++) value /= 1_000
  return `${unit === 0 ? value : threeDigits(value)} ${BYTE_UNITS[unit]}`
}

/** A time span as people read it, to its largest unit, such as `3 min`. */
export function spanText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

function threeDigits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0)
}
