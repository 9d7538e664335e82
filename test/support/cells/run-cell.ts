import type { Socket } from 'node:net'
import tls from 'node:tls'
import { expect } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { PATIENCE } from '../../../lab/deadline.js'
import { type StatusSource, statusOf } from '../../../src/app/tunnel/status.js'
import { reasonsReportOf } from '../../../src/cli/status/reasons-report.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { SOLE_PEER } from '../../../src/core/api/config.js'
import { type Fields, type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { redact } from '../../../src/core/api/redact.js'
import type { Link, LinkHandlers, Transport } from '../../../src/core/api/transport.js'
import { Connector } from '../../../src/core/connector/connector.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'
import { newTraffic } from '../../../src/core/peers/traffic.js'
import { STEP_LIMITS } from '../../../src/core/settings/step-limits.js'
import type { ProxySettings } from '../../../src/core/settings/transport-settings.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import type { Egress } from '../../../src/transports/net/egress.js'
import { unanswered, unknownHost } from '../../../src/transports/net/resolve.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../after-test.js'
import { silentSessions } from '../core/silent-sessions.js'
import { eventually, turns } from '../eventually.js'
import { testParts } from '../streams/stream-test-parts.js'
import type { Script, Stage, Way } from './cell.js'
import { type Contexts, PROOF, playedServer } from './played-server.js'

const SERVER = 'vpn.example'
const PROXY = 'proxy.example'
const SECRET = 'canary-password'
/** Nobody listens there: the port is one of another host's. */
const REFUSING = { address: '127.0.0.77', family: 4 } as const
const LOOPBACK = { address: '127.0.0.1', family: 4 } as const
/** Milliseconds after which anything that is late was told. */
const LONGEST = 60_000
/** Milliseconds that a goodbye may take. */
const GOODBYE = 500
/** Turns of the loop in which nothing is under way. */
const QUIET_TURNS = 8

/** What is told of a cell: by the log, by the status, and by the lines of `qanat status`. */
export interface Told {
  readonly step: string
  readonly code: string
  readonly why: string
  readonly remedy: string | undefined
}

export interface Outcome {
  /** Undefined if the peer was reached. */
  readonly told: Told | undefined
  /** The stages that the server was asked for. */
  readonly asked: readonly Stage[]
}

/** Certificates for the proxy and the server, for one test file. */
export class Certificates {
  readonly authority = new TestAuthority()
  readonly contexts: Contexts = {
    proxy: tls.createSecureContext(this.authority.issue(PROXY)),
    server: tls.createSecureContext(this.authority.issue(SERVER)),
  }
}

/** Dials the way of a cell by a connector, until the peer is reached or that fails once. */
export async function runCell(cell: Script, certificates: Certificates): Promise<Outcome> {
  const clock = new VirtualClock()
  const server = await playedServer(cell, certificates.contexts)
  const dialled: Socket[] = []
  const endpoint = new URL(`${cell.carrier}://me:${SECRET}@${SERVER}:${server.port}/door`)
  if (cell.carrier === 'tcp') endpoint.pathname = ''
  const egress = egressOf(cell, clock, dialled)
  const proxy = proxyOf(cell, server.port, certificates)
  const transport = transportOf(cell, { clock, egress, proxy, ca: certificates.authority.ca })

  const peer = new Peer(SOLE_PEER)
  const peers = new Peers()
  peers.add(peer, [])
  const lines: { readonly message: string; readonly fields: Fields }[] = []
  const note = (message: string, fields: Fields = {}) => void lines.push({ message, fields })
  const log: Logger = { ...silentLogger, warn: note, error: note }
  let ended: 'found' | 'failed' | undefined
  const handlers: LinkHandlers = {
    receive: (link, datagrams) => {
      if (datagrams.some(([first]) => first === PROOF)) connector.onAuthenticated(link, [], clock.now())
    },
    drained() {},
    closed: (link, error) => connector.closed(link, error),
    failed() {},
  }
  const connector: Connector = new Connector({
    ...{ peer, clock, log, run: (work: () => void) => work(), endpoints: [endpoint] },
    dial: (to, wait): Promise<Link> => transport.dial(to, handlers, wait),
    traits: () => ({ kind: 'stream' }),
    sessions: silentSessions,
    random: () => 0,
    use() {},
    keepalive: () => [],
    told: ({ kind }) => {
      if (kind === 'found') ended ??= 'found'
      if (kind === 'failed' || kind === 'given up') ended ??= 'failed'
    },
  })
  peer.chooser = connector
  afterTest(() => connector.stop())
  void connector.start()

  const isBad = cell.stage !== undefined && cell.stage !== 'name' && cell.stage !== 'connect'
  const begun = clock.now()
  for (;;) {
    await quiet(dialled, server.sockets)
    if (ended !== undefined || clock.now() - begun > LONGEST) break
    if (isBad) await eventually('the server did its part', () => server.isPlayed() || ended !== undefined)
    if (ended === undefined) clock.advance(Math.min(1_000, clock.next - clock.now()))
  }
  const told = ended === 'failed' ? toldBy(lines, endpoint, { clock, peer, peers, proxy }) : undefined
  for (const socket of server.sockets) socket.destroy()
  let isStopped = false
  void connector.stop().then(() => {
    isStopped = true
  })
  await eventually('it stops', () => {
    clock.advance(GOODBYE)
    return isStopped
  })
  await eventually('no connection is left', () => dialled.every(({ destroyed }) => destroyed))
  return { told, asked: server.asked }
}

/** Waits until what each side wrote was read by the other, and dealt with. */
async function quiet(near: readonly Socket[], far: readonly Socket[]): Promise<void> {
  const isQuiet = () =>
    near.every((one) => {
      if (one.destroyed) return true
      const other = far.find(({ remotePort }) => !one.connecting && remotePort === one.localPort)
      if (other === undefined) return one.remoteAddress === undefined && !one.connecting
      return other.destroyed || (one.bytesRead === other.bytesWritten && other.bytesRead === one.bytesWritten)
    })
  const begun = performance.now()
  for (let quietTurns = 0; quietTurns < QUIET_TURNS; ) {
    await turns(1)
    quietTurns = isQuiet() ? quietTurns + 1 : 0
    if (performance.now() - begun > PATIENCE) throw new Error('Something is under way without end')
  }
}

/** Names are known, and connections are made to the server, but for what the cell says. */
function egressOf({ kind, stage }: Script, clock: VirtualClock, dialled: Socket[]): Egress {
  const after = <Value>(delay: number, value: Value) =>
    new Promise<Value>((resolve) => clock.schedule(delay, () => resolve(value)))
  return {
    ...plainEgress,
    resolve: async (url) => {
      if (stage !== 'name') return [stage === 'connect' && kind === 'refused' ? REFUSING : LOOPBACK]
      if (kind === 'slow') return after(STEP_LIMITS.name - 1, [LOOPBACK])
      if (kind === 'silent') return new Promise<never>(() => {})
      throw kind === 'refused' ? unknownHost(url.hostname) : unanswered(url.hostname)
    },
    connectTo: (address, port, outcome) => {
      const connect = () =>
        plainEgress.connectTo(address, port, {
          ...outcome,
          connected: (socket) => {
            dialled.push(socket)
            outcome.connected(socket)
          },
        })
      if (stage !== 'connect' || kind === 'refused') return connect()
      let callOff = () => {}
      if (kind === 'slow') {
        const timer = clock.schedule(STEP_LIMITS.connect - 1, () => {
          callOff = connect()
        })
        callOff = () => timer.cancel()
      }
      return () => callOff()
    },
  }
}

function proxyOf({ proxy, stage }: Script, port: number, { authority }: Certificates): ProxySettings {
  if (proxy === 'direct') return { url: 'none' }
  const login = stage === 'login' ? `user:${SECRET}@` : ''
  return { url: new URL(`${proxy}://${login}${PROXY}:${port}`), ca: authority.ca }
}

interface TransportNeeds {
  readonly clock: VirtualClock
  readonly egress: Egress
  readonly proxy: ProxySettings
  readonly ca: string
}

function transportOf({ carrier }: Way, { ca, clock, egress, proxy }: TransportNeeds): Transport {
  const settings = { localPort: 0, proxy, tls: { ca } }
  const parts = testParts({ clock, egress })
  if (carrier === 'tcp') return new TcpTransport(settings, parts)
  const webSockets = new WebSocketTransport(settings, parts)
  return carrier === 'ws' || carrier === 'wss' ? webSockets : new HttpTransport(settings, parts, webSockets)
}

interface Sources {
  readonly clock: VirtualClock
  readonly peer: Peer
  readonly peers: Peers
  readonly proxy: ProxySettings
}

/** What the log says of an endpoint, which the status has to say as well, its lines to people too, and no secret in any of it. */
function toldBy(
  lines: readonly { readonly message: string; readonly fields: Fields }[],
  endpoint: URL,
  { clock, peer, peers, proxy }: Sources,
): Told {
  const none = { drops: {} }
  const status = statusOf({
    ...{ clock, peers, listen: [], startedAt: clock.now(), figures: () => undefined },
    config: {
      ...{ cipher: 'wireguard', listen: [], plugins: [], tunDriver: 'memory', transports: { proxy } },
      peers: [{ id: peer.id, allowed: [], endpoints: [endpoint] }],
      tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
    },
    cipher: { ...none, authenticates: true },
    pump: { ...none, hookDrops: {}, traffic: newTraffic() },
    tun: { ...none, name: 'memory' },
    traits: () => ({ proxied: true }),
    transports: { triedBy: () => undefined },
    judging: { leftAlone: new Map() },
    peerManager: { portal: undefined, groups: [] },
  } as unknown as StatusSource)
  expect(lines.map(({ message }) => message)).toEqual(['endpoint does not answer'])
  const {
    code,
    endpoint: where,
    remedy,
    step,
    why,
  } = lines[0]!.fields as unknown as Told & { endpoint: string }
  expect(where).toBe(redact(endpoint))
  const [reported] = status.peers
  const told = { step, code, why, remedy: remedy ?? null }
  expect(reported).toMatchObject({ why, remote: null, attempts: [{ ...told, endpoint: where }] })
  const shown = reasonsReportOf({
    ...{ peers: status.peers, troubles: status.troubles, nameOf: () => 'far', now: clock.wall() },
    span: () => '0 s',
  })
  expect(shown.join('\n')).toContain(`far at ${where}: ${why} (${step}, ${code}; `)
  if (remedy !== undefined) expect(shown.join('\n')).toContain(remedy)
  expect(JSON.stringify([lines, status, shown])).not.toContain(SECRET)
  const { host } = endpoint
  const places = [
    [redact(endpoint), 'ENDPOINT'],
    [new RegExp(`\\w+://${PROXY}(:\\d+)?`, 'g'), 'PROXY'],
    [host, 'HOST:PORT'],
  ] as const
  return {
    step,
    code,
    remedy,
    why: places.reduce((text, [place, name]) => text.replaceAll(place, name), why),
  }
}
