import { readdirSync } from 'node:fs'
import { constants } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import type { Link } from '../../../src/core/api/transport.js'
import { native } from '../../../src/native/base/native.js'
import type { Sockets } from '../../../src/native/base/sockets.js'
import { afterTest } from '../../support/after-test.js'
import { eventually, turns } from '../../support/eventually.js'
import { orSkipped } from '../../support/native-missing.js'
import { bindNative, nativeMissing } from '../../support/udp/udp-backends.js'
import { openUnknownSource, UdpLab } from '../../support/udp/udp-lab.js'

const { EBADF, ECONNREFUSED } = constants.errno

describe.skipIf(nativeMissing)(orSkipped('the native UDP socket', nativeMissing), () => {
  let lab: UdpLab | undefined

  const open = async (near: Partial<Sockets> = {}, far: Partial<Sockets> = {}) => {
    const opened = await UdpLab.open(near, far)
    afterTest(() => opened.close())
    lab = opened
    return opened
  }

  it('carries batches of any sizes, from in and outside the arena, whole and in order', async () => {
    const { link, received, arrived } = await open()
    const memory = native().arena.reserve(200_000)
    afterTest(() => memory.release())
    const size = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constantFrom(0, 1, 1200, 1428))
    const datagram = fc.record({ size, inside: fc.boolean(), gap: fc.constantFrom(0, 0, 1, 64) })
    await fc.assert(
      fc.asyncProperty(fc.array(datagram, { maxLength: 40 }), async (wanted) => {
        received.arrivals.length = 0
        let at = 0
        const batch = wanted.map(({ size, inside, gap }, seed) => {
          const bytes = pattern(size, seed)
          if (!inside) return bytes
          const view = memory.bytes.subarray(at + gap, at + gap + size)
          view.set(bytes)
          at += gap + size
          return view
        })
        const sent = batch.map((bytes) => Uint8Array.from(bytes))
        link.send(batch)
        const datagrams = await arrived.call(lab, batch.length)
        expect(datagrams.length).toBe(sent.length)
        for (const [index, bytes] of datagrams.entries()) expect(sameBytes(bytes, sent[index]!)).toBe(true)
      }),
      { numRuns: 200 },
    )
    expect(link.drops).toEqual({ oversized: 0, overflow: 0, unsent: 0, truncated: 0 })
  })

  it('hands over the datagrams of one message as one batch, which may be overwritten', async () => {
    const { link, far, received } = await open()
    const batches: number[] = []
    const other = new Recorder()
    await lab!.link.send([pattern(1, 1)])
    await lab!.arrived(1)
    afterTest(
      far.users.listen({
        ...forward(other),
        receive(from, datagrams) {
          batches.push(datagrams.length)
          other.receive(from, datagrams)
        },
      }),
    )
    link.send(Array.from({ length: 45 }, (_, seed) => pattern(1428, seed)))
    await eventually('all arrive', () => other.arrivals.length, 45)
    expect(batches).toEqual([45])
    expect(other.arrivals.map(({ bytes }) => bytes)).toEqual(
      Array.from({ length: 45 }, (_, seed) => pattern(1428, seed)),
    )
    expect(received.arrivals.length).toBe(1)
  })

  it('keeps one link per remote, with the remote’s address', async () => {
    const { link, near, received, arrived } = await open()
    for (let turn = 1; turn <= 3; turn++) {
      link.send([pattern(10, turn)])
      await arrived.call(lab, turn)
    }
    expect(new Set(received.arrivals.map((arrival) => arrival.link)).size).toBe(1)
    expect(received.arrivals[0]!.link.remote).toBe(`udp://127.0.0.1:${near.port}`)
    expect(received.arrivals[0]!.link.source).toEqual(Uint8Array.of(127, 0, 0, 1))
  })

  it('sends on after nobody listened at the remote’s port', async () => {
    const { link, near, received } = await open()
    const gone = await openUnknownSource()
    const { port } = gone.address()
    await new Promise<void>((done) => void gone.close(done))
    const lost = near.dial('127.0.0.1', port, new Recorder())
    for (let turn = 0; turn < 20; turn++) {
      lost.send([Uint8Array.of(0), Uint8Array.of(0)]) // answered by an ICMP error
      await turns(1)
      link.send([Uint8Array.of(turn)])
    }
    await eventually('the others arrive', () => received.arrivals.length, 20)
    await lost.close()
    expect(lost.drops).toMatchObject({ unsent: 0 })
  })

  it('receives on after the error of a datagram that it sent', async () => {
    let errors = 3
    const recvmmsg: Sockets['recvmmsg'] = (...call) =>
      errors-- > 0 ? -ECONNREFUSED : native().sockets.recvmmsg(...call)
    const { link, received, arrived } = await open({}, { recvmmsg })
    link.send([pattern(3, 1)])
    await arrived.call(lab, 1)
    expect(received.failures).toEqual([])
  })

  it('says once that it failed, and stops', async () => {
    const { link, received } = await open({}, { recvmmsg: () => -EBADF })
    link.send([pattern(3, 1)])
    await eventually(
      'it is told',
      () => received.failures.length,
      (count) => count > 0,
    )
    link.send([pattern(3, 2)])
    await turns()
    expect(received.failures).toMatchObject([
      { code: 'ERR_TRANSPORT_FAILED', message: expect.stringContaining('EBADF') },
    ])
  })

  it('hands nothing over once a handler closed it', async () => {
    const recorder = new Recorder()
    const socket = await bindNative()(4, '127.0.0.1', 0)
    const stop = socket.users.listen({
      ...forward(recorder),
      receive(link, datagrams) {
        recorder.receive(link, datagrams)
        void stop()
      },
    })
    const [one, other] = [await openUnknownSource(), await openUnknownSource()]
    for (const remote of [one, other, one]) remote.send('x', socket.port, '127.0.0.1')
    await eventually('it is closed', () => socket.users.closed)
    await stop()
    await turns()
    expect(recorder.arrivals.length).toBe(1)
    recorder.arrivals[0]!.link.send([Uint8Array.of(1)])
  })

  it('leaves no descriptor and no memory behind', async () => {
    const descriptors = () => readdirSync('/proc/self/fd').length
    const offset = () => {
      const region = native().arena.reserve(64)
      region.release()
      return region.offset
    }
    await (await open()).close()
    const before = { descriptors: descriptors(), offset: offset() }
    for (let turn = 0; turn < 20; turn++) await (await UdpLab.open()).close()
    expect({ descriptors: descriptors(), offset: offset() }).toEqual(before)
  })

  it('takes anything from anybody without a throw, and bounds the links that it keeps', async () => {
    const { link, received, far } = await open()
    const links = new Set<Link>()
    const unknownSources = await Promise.all(Array.from({ length: 30 }, () => openUnknownSource()))
    const size = fc.integer({ min: 0, max: 2000 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(29), size), { maxLength: 20 }), async (wanted) => {
        received.arrivals.length = 0
        for (const [index, bytes] of wanted)
          unknownSources[index]!.send(pattern(bytes, index), far.port, '127.0.0.1')
        await eventually('all arrive', () => received.arrivals.length, wanted.length)
        for (const arrival of received.arrivals) {
          links.add(arrival.link)
          arrival.link.send([arrival.bytes.subarray(1)])
        }
      }),
      { numRuns: 50 },
    )
    // Few give way to others: unknown sources share a table of fixed size.
    expect(links.size).toBeLessThanOrEqual(40)
    link.send([pattern(5, 1)])
    await eventually('the datagram of the peer arrives', () => received.arrivals.at(-1)?.bytes.length, 5)
    expect(received.failures).toEqual([])
  })
})

/** A recorder's handlers, as an object whose parts can be replaced. */
function forward(recorder: Recorder) {
  return {
    receive: recorder.receive.bind(recorder),
    drained: recorder.drained.bind(recorder),
    closed: recorder.closed.bind(recorder),
    failed: recorder.failed.bind(recorder),
  }
}
