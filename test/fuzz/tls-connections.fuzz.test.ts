import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { expect, it } from 'vitest'
import { TestAuthority } from '../../lab/certificates.js'
import { Recorder } from '../../src/conformance/kit/recorder.js'
import { systemClock } from '../../src/core/time/system-clock.js'
import { UnauthenticatedLinks } from '../../src/transports/streams/unauthenticated-links.js'
import { WebSocketTransport } from '../../src/transports/websocket/websocket.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { eventually, turns } from '../support/eventually.js'
import { pseudoRandom } from '../support/netsim/simulation.js'
import { patient } from '../support/streams/dial-wait.js'
import { Relay } from '../support/streams/relay.js'
import { STREAM_WAYS, testParts } from '../support/streams/stream-test-parts.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

const ROUNDS = rounds(150, 2_000)
/** Connections at a time. */
const AT_ONCE = 10
/** Bytes within which something happens to a connection: it has its whole beginning in these. */
const BEGINNING = 2_500
/** Milliseconds after which a connection that fell silent is given up. */
const PATIENCE = 200

/** What happens to a connection's bytes in one direction at some byte. */
const MISHAPS = ['alter', 'cut', 'reset', 'half-close', 'insert', 'stall'] as const

describeWhere(['program openssl'], 'connections with TLS that suffer a mishap', () => {
  const authority = new TestAuthority()
  const identity = authority.issue('127.0.0.1')

  for (const { way, native } of STREAM_WAYS) {
    it(
      `harm neither end ${way}, and leave nothing behind`,
      async () => {
        const random = pseudoRandom(SEED)
        const below = (limit: number) => Math.floor(random() * limit)
        const parts = testParts({ native, unauthenticatedLinks: unauthenticatedLinks() })
        const far = new Recorder()
        const server = new WebSocketTransport({ localPort: 0, tls: identity }, parts)
        const listener = await server.listen(new URL('wss://127.0.0.1:0/tunnel'), far)
        for (let round = 0; round < ROUNDS; round += AT_ONCE) {
          await Promise.all(
            Array.from({ length: AT_ONCE }, () =>
              suffer({
                port: Number(listener.endpoint.port),
                mishap: MISHAPS[below(MISHAPS.length)]!,
                isFromClient: below(2) === 0,
                at: below(BEGINNING),
                step: 1 + below(below(2) === 0 ? 20 : 2_000),
              }),
            ),
          )
        }
        const dialled = await dial(Number(listener.endpoint.port))
        dialled.link.send([Uint8Array.of(77)])
        await eventually(
          'the server still hears',
          () => far.marks,
          (all) => all.includes(77),
        )
        await dialled.link.close()
        await listener.close()
        expect(far.failures).toEqual([])
        await eventually('every connection is gone', connections, 0)
      },
      FUZZ_TIMEOUT,
    )

    async function dial(port: number, signal = new AbortController().signal) {
      const received = new Recorder()
      const settings = { localPort: 0, tls: { ca: authority.ca } }
      const transport = new WebSocketTransport(settings, testParts({ native }))
      const link = await transport.dial(new URL(`wss://127.0.0.1:${port}/tunnel`), received, patient(signal))
      return { link, received }
    }

    async function suffer(fate: Fate): Promise<void> {
      const relay = await hostileRelay(fate)
      const dialled = await dial(relay.port, AbortSignal.timeout(PATIENCE)).catch(() => undefined)
      if (dialled !== undefined) {
        dialled.link.send([new Uint8Array(BEGINNING).fill(1)])
        await turns(1)
        await dialled.link.close()
      }
      await relay.close()
    }
  }

  it('and neither do unknown sources that speak something else', async () => {
    const far = new Recorder()
    const server = new WebSocketTransport(
      { localPort: 0, tls: identity },
      testParts({ native: STREAM_WAYS.at(-1)!.native }),
    )
    const listener = await server.listen(new URL('wss://127.0.0.1:0/tunnel'), far)
    const port = Number(listener.endpoint.port)
    const openings = [
      'GET / HTTP/1.1\r\n\r\n',
      '\x16\x03\x01\x00\x02\x01\x00',
      '\x16\x03\x01\x00\x00\x17\x03\x03\x00\x01x',
      '\x15\x03\x01\x00\x02\x02\x28',
    ]
    for (const opening of openings) {
      const socket = net.connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.end(opening, 'latin1')
      socket.resume()
      await once(socket, 'close')
    }
    const socket = tls.connect({ host: '127.0.0.1', port, ca: authority.ca })
    await once(socket, 'secureConnect')
    socket.end('NONSENSE\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
    await listener.close()
    expect([...far.arrivals, ...far.ends, ...far.failures]).toEqual([])
  })
})

interface Fate {
  readonly port: number
  readonly mishap: (typeof MISHAPS)[number]
  readonly isFromClient: boolean
  /** The byte of the direction at which it happens. */
  readonly at: number
  /** Bytes that are passed on at a time. */
  readonly step: number
}

/** Connects whoever comes to a server, until the mishap. */
async function hostileRelay(fate: Fate): Promise<Relay> {
  const { mishap, at, step } = fate
  const passed = { fromClient: 0, fromServer: 0 }
  let isOver = false
  const relay: Relay = await Relay.open(fate.port, function* (bytes, isFromClient, to) {
    const direction = isFromClient ? 'fromClient' : 'fromServer'
    const place = at - passed[direction]
    passed[direction] += bytes.length
    const isFated = isFromClient === fate.isFromClient
    if (isFated && isOver) return
    const hit = isFated && place >= 0 && place < bytes.length
    const whole = hit && mishap !== 'alter' && mishap !== 'insert' ? bytes.subarray(0, place) : bytes
    if (hit && mishap === 'alter') bytes[place]! ^= 1 << (at % 8)
    for (let start = 0; start < whole.length; start += step) yield whole.subarray(start, start + step)
    if (!hit) return
    if (mishap === 'insert') yield Uint8Array.of(23, 3, 3, 0, 1, 0)
    isOver = mishap !== 'alter' && mishap !== 'insert'
    if (mishap === 'half-close') to.end()
    else if (mishap === 'reset' || mishap === 'cut') relay.cut(mishap === 'cut' ? 'end' : 'reset')
  })
  return relay
}

function connections(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length
}

function unauthenticatedLinks(): UnauthenticatedLinks {
  return new UnauthenticatedLinks(systemClock, { total: 1024, perAddress: 1024, patience: PATIENCE })
}
