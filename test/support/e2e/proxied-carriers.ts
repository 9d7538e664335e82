import { expect } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import type { Listener, Transport } from '../../../src/core/api/transport.js'
import type { OptionGroups } from '../../../src/core/settings/option-groups.js'
import type { ProxySettings, TransportSettings } from '../../../src/core/settings/transport-settings.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import type { StreamParts } from '../../../src/transports/streams/stream-parts.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../after-test.js'
import { eventually } from '../eventually.js'
import { patient } from '../streams/dial-wait.js'
import { testParts } from '../streams/stream-test-parts.js'

/** Datagrams that go each way through a carrier, and the bytes of each: 6 MB in all. */
const DATAGRAMS = 50
const DATAGRAM_BYTES = 60_000

type Scheme = 'tcp' | 'ws' | 'wss' | 'http' | 'https'

/** Issues the certificates of the file's servers; made for the first that asks. */
let made: TestAuthority | undefined
export function authority(): TestAuthority {
  made ??= new TestAuthority()
  return made
}

/** Settings by which everything is dialled through a proxy. */
export function proxied(url: string, proxy?: ProxySettings): TransportSettings & OptionGroups {
  return { localPort: 0, tls: { ca: authority().ca }, proxy: { url: new URL(url), ...proxy } }
}

/** A server that is stopped after the test. */
export async function started<Server extends { stop(): Promise<void> }>(
  starting: Promise<Server>,
): Promise<Server> {
  const server = await starting
  afterTest(() => server.stop())
  return server
}

/** What the server heard that listened last. */
let heardLast: Recorder

/** Listens on loopback until the test is over. */
export async function listen(scheme: Scheme, settings?: TransportSettings & OptionGroups) {
  const received = new Recorder()
  const { cert, key } = authority().issue('127.0.0.1')
  const transport = create(scheme, settings ?? { localPort: 0, tls: { cert, key } })
  const path = scheme === 'tcp' ? '' : '/tunnel'
  const listener: Listener = await transport.listen(new URL(`${scheme}://127.0.0.1:0${path}`), received)
  afterTest(() => listener.close())
  heardLast = received
  return { endpoint: listener.endpoint, received }
}

/** Dials, by parts of its own or those of others. */
export async function dial(
  endpoint: URL,
  settings: TransportSettings & OptionGroups,
  received = new Recorder(),
  parts = testParts(),
) {
  const scheme = endpoint.protocol.slice(0, -1) as Scheme
  const link = await create(scheme, settings, parts).dial(endpoint, received, patient())
  afterTest(() => link.close())
  return link
}

function create(
  scheme: Scheme,
  settings: TransportSettings & OptionGroups,
  parts: StreamParts = testParts(),
): Transport {
  if (scheme === 'tcp') return new TcpTransport(settings, parts)
  const webSockets = new WebSocketTransport(settings, parts)
  return scheme.startsWith('http') ? new HttpTransport(settings, parts, webSockets) : webSockets
}

/** Dials the server that listened last, and carries megabytes both ways, as fast as the link is writable. */
export async function carries(
  endpoint: URL,
  settings: TransportSettings & OptionGroups,
  far = heardLast,
): Promise<void> {
  const near = new Recorder()
  const before = far.arrivals.length
  const link = await dial(endpoint, settings, near)
  link.send([Uint8Array.of(0)])
  await eventually(
    'the first datagram arrives',
    () => far.arrivals.length,
    (count) => count > before,
  )
  const back = far.arrivals[before]!.link
  for (const one of [link, back]) one.authenticated?.() // until then only small datagrams pass
  let sent = 0
  await eventually('all datagrams arrive', () => {
    for (; sent < DATAGRAMS && link.writable && back.writable; sent++) {
      link.send([pattern(DATAGRAM_BYTES, sent)])
      back.send([pattern(DATAGRAM_BYTES, sent + 1)])
    }
    return near.arrivals.length === DATAGRAMS && far.arrivals.length === before + 1 + DATAGRAMS
  })
  for (let seed = 0; seed < DATAGRAMS; seed++) {
    expect(sameBytes(far.arrivals[before + 1 + seed]!.bytes, pattern(DATAGRAM_BYTES, seed))).toBe(true)
    expect(sameBytes(near.arrivals[seed]!.bytes, pattern(DATAGRAM_BYTES, seed + 1))).toBe(true)
  }
}
