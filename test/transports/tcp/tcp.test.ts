import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Listener } from '../../../src/core/api/transport.js'
import { UnauthenticatedLinks } from '../../../src/transports/streams/unauthenticated-links.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { afterTest } from '../../support/after-test.js'
import { eventually, turns } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

const PATIENCE = 10_000
/** Milliseconds that a connection is left to prove itself, however many come from its address. */
const CHANCE = 2_000

for (const { way, native } of STREAM_WAYS) {
  describe(`TcpTransport ${way}, listening`, () => {
    it('takes datagrams from a stream that is split at every byte', async () => {
      const { received, connect } = await listen()
      const stream = [0, 2, 1, 2, 0, 1, 3, 0, 3, 4, 5, 6]
      const client = await connect()
      client.setNoDelay(true)
      for (const [index, byte] of stream.entries()) {
        client.write(Uint8Array.of(byte))
        await eventually(`byte ${index} is sent`, () => client.writableLength, 0)
        await turns(2)
      }
      await eventually('all arrive', () => received.arrivals.length, 3)
      expect(received.arrivals.map(({ bytes }) => [...bytes])).toEqual([[1, 2], [3], [4, 5, 6]])
    })

    it('sends nothing to who sends nothing, and closes after 10 s', async () => {
      const { clock, received, connect, accepted } = await listen()
      const client = await connect()
      const chunks: Buffer[] = []
      client.on('data', (chunk) => chunks.push(chunk))
      await accepted(1)
      clock.advance(PATIENCE - 1)
      await turns()
      expect(client.closed).toBe(false)
      clock.advance(1)
      await once(client, 'close')
      expect(chunks).toEqual([])
      await eventually('the link has ended', () => received.ends.length, 1)
    })

    it('leaves a link open that has proven itself', async () => {
      const { clock, received, connect, unauthenticatedLinks } = await listen()
      const client = await connect()
      client.write(Uint8Array.of(0, 1, 7))
      await eventually('the datagram arrives', () => received.arrivals.length, 1)
      const { link } = received.arrivals[0]!
      link.authenticated?.()
      expect(unauthenticatedLinks.size).toBe(0)
      clock.advance(2 * PATIENCE)
      link.send([Uint8Array.of(8)])
      const [answer] = await once(client, 'data')
      expect([...answer]).toEqual([0, 1, 8])
    })

    it('keeps nothing of half a large datagram before the proof, hears what follows, and takes it whole after', async () => {
      const { received, connect } = await listen()
      const client = await connect()
      const large = Buffer.concat([Uint8Array.of(0xff, 0xff), pattern(65_535, 3)])
      client.write(large.subarray(0, -1))
      await eventually('it is sent', () => client.writableLength, 0)
      await turns()
      client.write(Buffer.concat([large.subarray(-1), Uint8Array.of(0, 1, 7)]))
      await eventually('what follows arrives', () => received.marks, [7])
      const { link } = received.arrivals[0]!
      expect(link.drops.unfinished).toBe(1)
      link.authenticated?.()
      client.write(large.subarray(0, 30_000))
      await eventually('half is sent', () => client.writableLength, 0)
      await turns()
      client.write(large.subarray(30_000))
      await eventually('it arrives', () => received.arrivals.length, 2)
      expect(sameBytes(received.arrivals[1]!.bytes, pattern(65_535, 3))).toBe(true)
    })

    it('closes the oldest of an address when there are more than 16 that have proven nothing for 2 s, the newest before', async () => {
      const { clock, connect, accepted } = await listen()
      const clients = [await connect()]
      await accepted(1)
      for (let count = 2; count <= 16; count++) clients.push(await connect())
      await accepted(16)
      const early = await connect()
      if (!early.closed) await once(early, 'close')
      clock.advance(CHANCE)
      clients.push(await connect())
      await once(clients[0]!, 'close')
      expect(clients.slice(1).every((client) => !client.closed)).toBe(true)
    })

    it('ends a link in order at a length of 0', async () => {
      const { received, connect } = await listen()
      const client = await connect()
      client.write(Uint8Array.of(0, 1, 7, 0, 0, 0, 1, 8))
      await once(client, 'close')
      expect(received.marks).toEqual([7])
      expect(received.ends.map(({ error }) => error)).toEqual([undefined])
    })

    it('ends a link without a word where the remote is gone in the middle of a datagram', async () => {
      const { received, connect } = await listen()
      const client = await connect()
      client.end(Uint8Array.of(0, 9, 1))
      await eventually('the link has ended', () => received.ends.length, 1)
      expect(received.arrivals).toEqual([])
    })

    it('tells that the remote reset the connection', async () => {
      const { received, connect, accepted } = await listen()
      const client = await connect()
      await accepted(1)
      client.resetAndDestroy()
      await eventually('the link has ended', () => received.ends.length, 1)
      expect(received.ends[0]!.error).toMatchObject({
        code: 'ERR_TRANSPORT_FAILED',
        message: expect.stringMatching(
          /^Cannot keep tcp:\/\/127\.0\.0\.1:\d+: the remote reset the connection$/,
        ),
      })
    })

    it('names its remotes and their addresses', async () => {
      const { received, connect } = await listen()
      const client = await connect()
      client.write(Uint8Array.of(0, 1, 7))
      await eventually('the datagram arrives', () => received.arrivals.length, 1)
      const { link } = received.arrivals[0]!
      expect(link.remote).toBe(`tcp://127.0.0.1:${client.localPort}`)
      expect([...link.source]).toEqual([127, 0, 0, 1])
    })

    it('says what would help where the port is in use', async () => {
      const { listener } = await listen()
      const transport = new TcpTransport({ localPort: 0 }, testParts())
      await expect(transport.listen(listener.endpoint, new Recorder())).rejects.toThrow(
        /^Cannot listen on tcp:\/\/127\.0\.0\.1:\d+: port \d+ is in use; choose another one/,
      )
    })
  })

  describe(`TcpTransport ${way}, dialling`, () => {
    it('gathers a batch of small datagrams into one write', async () => {
      const { link, far } = await dialHandMade()
      link.send([pattern(100, 1), pattern(100, 2), pattern(100, 3)])
      const [chunk] = await once(far, 'data')
      expect(chunk.length).toBe(3 * 102)
    })

    it('keeps at most 256 KiB beyond the socket’s own while the remote reads nothing', async () => {
      const { link, far } = await dialHandMade({ paused: true })
      while (link.writable) link.send([pattern(60_000, 1)])
      // The kernel may take some more meanwhile, as it widens its buffers: megabytes, but not 60 of them.
      const dropped = () => link.drops.overflow ?? 0
      for (let count = 0; count < 1_000 && dropped() < 20; count++) link.send([pattern(60_000, 1)])
      expect(dropped()).toBe(20)
      far.resume()
    })

    it('closes in bounded time where the remote reads nothing', async () => {
      const clock = new VirtualClock()
      const { link } = await dialHandMade({ paused: true, clock })
      while (link.writable) link.send([pattern(60_000, 1)])
      let closed = false
      const closing = link.close().then(() => {
        closed = true
      })
      await turns()
      expect(closed).toBe(false)
      clock.advance(500)
      await closing
      expect(clock.pending).toBe(0)
    })

    it('tells what cannot be reached and why', async () => {
      const server = net.createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as net.AddressInfo
      server.close()
      await once(server, 'close')
      await expect(dial(`tcp://127.0.0.1:${port}`)).rejects.toMatchObject({
        code: 'ERR_TRANSPORT_DIAL',
        message: `Cannot dial tcp://127.0.0.1:${port}: connection refused`,
      })
    })

    it('tells that a host has no address', async () => {
      await expect(dial('tcp://nowhere.invalid:1')).rejects.toMatchObject({ code: 'ERR_HOST_UNKNOWN' })
    })
  })

  async function listen() {
    const clock = new VirtualClock()
    const received = new Recorder()
    const unauthenticatedLinks = new UnauthenticatedLinks(clock)
    const transport = new TcpTransport({ localPort: 0 }, testParts({ native, clock, unauthenticatedLinks }))
    const listener: Listener = await transport.listen(new URL('tcp://127.0.0.1:0'), received)
    afterTest(() => listener.close())
    const connect = async () => {
      const client = net.connect({ host: '127.0.0.1', port: Number(listener.endpoint.port) })
      afterTest(() => client.destroy())
      client.on('error', () => {})
      client.resume()
      await once(client, 'connect')
      return client
    }
    const accepted = (count: number) =>
      eventually(`${count} links are unauthenticated`, () => unauthenticatedLinks.size, count)
    return { clock, received, listener, connect, unauthenticatedLinks, accepted }
  }

  async function dial(endpoint: string, received = new Recorder(), clock?: VirtualClock) {
    const transport = new TcpTransport({ localPort: 0 }, testParts({ native, ...(clock && { clock }) }))
    const link = await transport.dial(new URL(endpoint), received, patient())
    afterTest(() => link.close())
    return link
  }

  /** A link to a listener made by hand. */
  async function dialHandMade({ paused = false, clock }: { paused?: boolean; clock?: VirtualClock } = {}) {
    const server = net.createServer({ pauseOnConnect: paused }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const received = new Recorder()
    const connection = once(server, 'connection')
    const link = await dial(`tcp://127.0.0.1:${port}`, received, clock)
    const [far] = (await connection) as [net.Socket]
    far.on('error', () => {})
    afterTest(() => server.close())
    afterTest(() => far.destroy())
    return { link, received, far }
  }
}
