import { BUILT_IN_TRAITS } from '../../app/builtins.js'
import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { clientNames } from '../../config/clients/find-client.js'
import { type ConfigFile, readConfigFile } from '../../config/files/config-file.js'
import { tunnelFile } from '../../config/files/tunnel-name.js'
import { isOver } from '../../config/schema/moment.js'
import { ConfigError } from '../../core/api/errors.js'
import type { PresenceState } from '../../core/peers/presence.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, screenWidth, show } from '../output/output.js'
import { type Column, formatTable } from '../output/table.js'
import { askRun } from '../run/ask-run.js'
import { askerOf } from '../run/asker.js'
import { findRuns, runAt } from '../run/find-runs.js'
import { readStatus } from '../status/read-status.js'
import type { ReportedPeer } from '../status/report.js'
import { bytesText, spanText } from '../status/report.js'

/** The options of `clients`. */
export interface ClientsOptions {
  readonly json?: boolean
}

/** Changes where what is printed as JSON no longer means what it did. */
const JSON_VERSION = 1
/** Milliseconds after its last handshake in which a client may still send: all that tunnels of older versions tell. WireGuard's Reject-After-Time. */
const ONLINE_FOR = 180_000
const NONE = '–'
const COLUMNS: readonly Column[] = [
  { title: 'client' },
  { title: 'addresses' },
  { title: 'state' },
  { title: 'last seen', numeric: true },
  { title: 'online for', numeric: true },
  { title: 'sent', numeric: true },
  { title: 'received', numeric: true },
  { title: 'expires' },
]

/** A client as its server's file and the tunnel that runs have it. What is not known is null. */
export interface ClientFacts {
  readonly name: string | null
  readonly publicKey: string | null
  readonly addresses: readonly string[]
  /** As the tunnel's status has it, unless the file or its time rules the client out. */
  readonly state: PresenceState | 'disabled' | 'expired' | null
  /** When something authentic came from it last, in ISO 8601. */
  readonly lastSeen: string | null
  /** Since when it is online or idle. */
  readonly onlineSince: string | null
  /** Bytes of packets that it was sent, and that came from it. */
  readonly sent: number | null
  readonly received: number | null
  readonly expires: string | null
}

/** Lists the clients of a server's file: of the only tunnel that runs if none is given. */
export async function listClients(wanted: string | undefined, options: ClientsOptions): Promise<number> {
  const path = wanted === undefined ? onlyRun() : tunnelFile(wanted)
  const file = readConfigFile(path, publicKeyOf, askerOf(), BUILT_IN_TRAITS)
  const run = runAt(path)
  const peers = run && readStatus(await askRun(run, path, 'status'), run).peers
  const now = Date.now()
  const clients = clientsOf(file, peers, now)
  if (options.json === true) {
    print(
      `${JSON.stringify({ version: JSON_VERSION, file: path, running: run !== undefined, clients }, null, 2)}\n`,
    )
    return EXIT_OK
  }
  const width = screenWidth()
  const state = run === undefined ? ', not running as this user' : ''
  const lines = [
    `${path}${state}`,
    '',
    ...formatTable(
      COLUMNS,
      clients.map((one) => rowOf(one, now)),
      width,
    ),
  ]
  show(`${lines.join('\n')}\n`)
  return EXIT_OK
}

/** `peers` is the status of a tunnel that runs; `now`: milliseconds since 1970. */
export function clientsOf(
  file: ConfigFile,
  peers: readonly ReportedPeer[] | undefined,
  now: number,
): ClientFacts[] {
  const names = clientNames(file)
  return file.model.peers.map((peer, index) => {
    const { allowedIps = [], disabled = false, expires, publicKey = null } = peer
    const known = peers?.find(({ id }) => id === publicKey)
    const { lastSeen = known?.lastHandshake ?? null, onlineSince = null } = known ?? {}
    const isOnline = lastSeen !== null && now - Date.parse(lastSeen) < ONLINE_FOR
    const reached = peers === undefined ? null : (known?.state ?? (isOnline ? 'online' : 'offline'))
    return {
      ...{ name: names[index] ?? null, publicKey, addresses: allowedIps, expires: expires ?? null },
      ...{ lastSeen, onlineSince },
      state: disabled ? 'disabled' : isOver(expires, now) ? 'expired' : reached,
      sent: known?.sent.bytes ?? null,
      received: known?.received.bytes ?? null,
    }
  })
}

function rowOf(client: ClientFacts, now: number): string[] {
  const { addresses, expires, lastSeen, name, onlineSince, publicKey, received, sent, state } = client
  return [
    name ?? publicKey ?? NONE,
    addresses.join(', ') || NONE,
    state ?? NONE,
    lastSeen === null ? NONE : `${spanText(now - Date.parse(lastSeen))} ago`,
    onlineSince === null ? NONE : spanText(now - Date.parse(onlineSince)),
    sent === null ? NONE : bytesText(sent),
    received === null ? NONE : bytesText(received),
    expires ?? NONE,
  ]
}

/** @throws ConfigError if none runs, or several do. */
function onlyRun(): string {
  const files = findRuns().map(({ file }) => file)
  const [file] = files
  if (file !== undefined && files.length === 1) return file
  const why = file === undefined ? 'no tunnel runs as this user' : `several run: ${files.join(', ')}`
  throw new ConfigError(`Cannot choose a server: ${why}; give its name or its file`, {
    code: 'ERR_CONFIG_MISSING',
  })
}
