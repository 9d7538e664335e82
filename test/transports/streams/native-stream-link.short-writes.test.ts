import type net from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import type { Link } from '../../../src/core/api/transport.js'
import type { OptionGroups } from '../../../src/core/settings/option-groups.js'
import type { TransportSettings } from '../../../src/core/settings/transport-settings.js'
import { native } from '../../../src/native/base/native.js'
import { SO_SNDBUF, SOL_SOCKET } from '../../../src/native/base/sockets.js'
import { descriptorOf } from '../../../src/native/sockets/detach-socket.js'
import { IOVEC, MESSAGE } from '../../../src/native/sockets/message-layout.js'
import { check, setOption } from '../../../src/native/sockets/socket-calls.js'
import type { NativeStreamParts } from '../../../src/transports/streams/native-stream-parts.js'
import type { StreamParts } from '../../../src/transports/streams/stream-parts.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { pseudoRandom } from '../../support/netsim/simulation.js'
import { patient } from '../../support/streams/dial-wait.js'
import { Relay } from '../../support/streams/relay.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

/** Bytes that the kernel makes the smallest buffer of that it has. */
const TINY = 1
/** Datagrams that go each way, each of up to this many bytes. */
const DATAGRAMS = 150
const MAX_BYTES = 20_000

const bare = STREAM_WAYS.find((way) => way.native !== undefined)?.native

describe.skipIf(nativeMissing).each(['tcp', 'ws'])(
  orSkipped('%s on a socket that takes some bytes at a time', nativeMissing),
  (scheme) => {
    it('sends all of a batch, wherever the first call ends', async () => {
      let most = Number.POSITIVE_INFINITY
      const short = shortWriting(bare!, () => most)
      const { near, far, sent, received } = await connected(scheme, { native: short }, { native: bare })
      const batch = [pattern(3, 1), pattern(126, 2), pattern(1, 3)]
      for (let taken = 1; taken <= 160; taken++) {
        most = taken
        sent.arrivals.length = 0
        received.arrivals.length = 0
        near.send(batch)
        far.send(batch)
        most = Number.POSITIVE_INFINITY
        await eventually(
          `all arrive after ${taken} bytes`,
          () => received.arrivals.length === 3 && sent.arrivals.length === 3,
        )
        for (const arrivals of [received.arrivals, sent.arrivals]) {
          expect(arrivals.map(({ bytes }) => bytes)).toEqual(batch)
        }
      }
    })

    it('sends all of a batch by a byte at a time', async () => {
      const { near, received } = await connected(
        scheme,
        { native: shortWriting(bare!, () => 1) },
        { native: bare },
      )
      const batch = [pattern(3, 1), pattern(300, 2), pattern(1, 3)]
      received.arrivals.length = 0
      near.send(batch)
      await eventually('all arrive', () => received.arrivals.length, 3)
      expect(received.arrivals.map(({ bytes }) => bytes)).toEqual(batch)
    })
  },
)

describeWhere(['program openssl'], 'through tiny send buffers and a relay that cuts anywhere', () => {
  let authority: TestAuthority
  let settings: TransportSettings & OptionGroups
  beforeAll(() => {
    authority = new TestAuthority()
    settings = { localPort: 0, tls: { ca: authority.ca, ...authority.issue('127.0.0.1') } }
  })

  for (const { way, native: parts } of STREAM_WAYS) {
    for (const scheme of ['tcp', 'ws', 'wss']) {
      it(`${scheme} ${way} carries what it took, whole and in order, both ways`, async () => {
        const random = pseudoRandom(7)
        const ends = { native: parts, tune: tiny }
        const { near, far, sent, received } = await connected(scheme, ends, ends, settings, (port) =>
          cuttingRelay(port, random),
        )
        const before = received.arrivals.length
        const given = { near: 0, far: 0 }
        const dropped = () => overflow(near) + overflow(far)
        await eventually('all are sent', () => {
          for (; near.writable && given.near < DATAGRAMS; given.near++) near.send([datagram(given.near)])
          for (; far.writable && given.far < DATAGRAMS; given.far++) far.send([datagram(given.far)])
          return (
            given.near + given.far === 2 * DATAGRAMS &&
            received.arrivals.length - before + sent.arrivals.length + dropped() === 2 * DATAGRAMS
          )
        })
        expect(dropped()).toBe(0)
        for (let seed = 0; seed < DATAGRAMS; seed++) {
          expect([seed, sameBytes(received.arrivals[before + seed]!.bytes, datagram(seed))]).toEqual([
            seed,
            true,
          ])
          expect([seed, sameBytes(sent.arrivals[seed]!.bytes, datagram(seed))]).toEqual([seed, true])
        }
      })
    }
  }
})

/** Gives a connected socket the smallest send buffer that the kernel has. */
function tiny(socket: net.Socket): void {
  if (bare === undefined) return
  check('setsockopt SO_SNDBUF', setOption(native(), descriptorOf(socket), SOL_SOCKET, SO_SNDBUF, TINY))
}

function datagram(seed: number): Uint8Array {
  return pattern(1 + ((seed * 7919) % MAX_BYTES), seed)
}

function overflow({ drops }: Link): number {
  return drops.overflow ?? 0
}

/** The real calls, but that each one sends no more than `most()` bytes. */
function shortWriting(parts: NativeStreamParts, most: () => number): NativeStreamParts {
  const { arena, sockets } = parts.native
  const sendmsg = (fd: number, message: number): number => {
    const at = message - arena.address(0)
    const { view } = arena
    const count = view.getUint32(at + MESSAGE.iovecCount, true)
    const iovecs = Number(view.getBigUint64(at + MESSAGE.iovecs, true)) - arena.address(0)
    const lengths = Array.from({ length: count }, (_, index) => iovecs + index * IOVEC.bytes + IOVEC.length)
    const saved = lengths.map((length) => view.getUint32(length, true))
    let left = Math.min(most(), 2 ** 31)
    for (const [index, length] of lengths.entries()) {
      view.setUint32(length, Math.min(left, saved[index]!), true)
      left -= Math.min(left, saved[index]!)
    }
    const sent = sockets.sendmsg(fd, message)
    for (const [index, length] of lengths.entries()) view.setUint32(length, saved[index]!, true)
    return sent
  }
  const short = { ...parts.native, sockets: { ...sockets, sendmsg } }
  return Object.assign(Object.create(parts) as NativeStreamParts, { native: short })
}

/** A link from one end to the other, at whose far end it is known. */
async function connected(
  scheme: string,
  dialling: Partial<StreamParts>,
  listening: Partial<StreamParts>,
  settings: TransportSettings & OptionGroups = { localPort: 0 },
  relay?: (port: number) => Promise<number>,
) {
  const make = (parts: Partial<StreamParts>) =>
    scheme === 'tcp'
      ? new TcpTransport(settings, testParts(parts))
      : new WebSocketTransport(settings, testParts(parts))
  const received = new Recorder()
  const sent = new Recorder()
  const listener = await make(listening).listen(new URL(`${scheme}://127.0.0.1:0`), received)
  afterTest(() => listener.close())
  const endpoint = new URL(listener.endpoint)
  if (relay) endpoint.port = String(await relay(Number(endpoint.port)))
  const near = await make(dialling).dial(endpoint, sent, patient())
  afterTest(() => near.close())
  near.send([Uint8Array.of(255)])
  await eventually('the first datagram arrives', () => received.arrivals.length, 1)
  const far = received.arrivals[0]!.link
  far.authenticated?.()
  return { near, far, received, sent }
}

/** Passes on what comes in pieces of a few bytes to a few kilobytes. Returns the port. */
async function cuttingRelay(target: number, random: () => number): Promise<number> {
  const relay = await Relay.open(target, function* (bytes) {
    for (let at = 0; at < bytes.length; ) {
      const length = Math.ceil(2 ** (12 * random()))
      yield bytes.subarray(at, at + length)
      at += length
    }
  })
  afterTest(() => relay.close())
  return relay.port
}
