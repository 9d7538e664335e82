import { describe, expect, it } from 'vitest'
import { tunCases } from '../../../src/conformance/tun/tun-cases.js'
import { TunError } from '../../../src/core/api/errors.js'
import type { Packet } from '../../../src/core/api/packet.js'
import { failingCases } from '../kit/failing-cases.js'
import { useLeftovers } from '../kit/leftovers.js'
import { brokenTun, type Steps } from './broken-tun.js'

const leave = useLeftovers()

/** `broken` makes what is wrong in each case. */
function casesOf(broken: () => Steps) {
  return tunCases({ setup: () => brokenTun(broken()) })
}

const isLarge = ({ bytes }: Packet) => bytes.length === 1420
const shorter = (packet: Packet): Packet => ({ ...packet, bytes: packet.bytes.subarray(0, -1) })

/** A broken part for each case, which nothing but that finds out. */
const BROKEN: Readonly<Record<string, () => Steps>> = {
  'opens a device under the name that it is asked for': () => ({
    async open(options, inner) {
      const device = await inner(options)
      const isPlain = /^kit\d{1,7}$/.test(options.name ?? '') && options.made === undefined
      return isPlain ? Object.defineProperty(device, 'name', { value: 'eth0' }) : device
    },
  }),
  'picks a name if it is asked for none': () => ({
    device: ({ name }) => (name === 'tun0' ? { name: '' } : {}),
  }),
  'refuses a name that is in use': () => ({
    open: (options, inner) =>
      inner(options).catch((thrown: Error) => {
        throw thrown.message.includes('in use') ? new Error(thrown.message) : thrown
      }),
  }),
  'refuses an impossible name, and quotes it': () => ({
    open: (options, inner) => inner({ ...options, name: options.name?.slice(0, 15) }),
  }),
  'awaits what is to be done once the interface exists, and passes its name': () => ({
    async open({ made, ...options }, inner) {
      const device = await inner(options)
      let failure: { thrown: unknown } | undefined
      made?.(device.name).catch((thrown: unknown) => {
        failure = { thrown }
      })
      await Promise.resolve() // what fails at once is told
      await Promise.resolve()
      if (failure === undefined) return device
      await device.close()
      throw failure.thrown
    },
  }),
  'gives up if that fails, and leaves nothing behind': () => ({
    async open({ made, ...options }, inner) {
      const device = await inner(options)
      await made?.(device.name)
      return device
    },
  }),
  'says that it lacks the rights': () => ({
    open: (options, inner) =>
      inner(options).catch((thrown: TunError) => {
        if (thrown.code !== 'ERR_TUN_PERMISSION') throw thrown
        throw new TunError('Cannot open a TUN device: EPERM', { code: 'ERR_TUN_FAILED' })
      }),
  }),
  'hands over what the host sends, in order': () => ({
    lent: (packets) => (packets.length > 2 ? packets.toReversed() : packets),
  }),
  'lends packets with room of their own around them': () => ({
    lent(packets) {
      const memory = new Uint8Array(64 + packets.reduce((sum, { bytes }) => sum + bytes.length + 64, 0))
      let at = 0
      return packets.map((packet) => {
        at += 64
        memory.set(packet.bytes, at)
        const bytes = memory.subarray(at, at + packet.bytes.length)
        at += bytes.length
        return { ...packet, bytes }
      })
    },
  }),
  'describes each packet': () => ({
    lent: (packets) =>
      packets.map((packet) => (packet.segmentSize === 0 ? { ...packet, checksum: 'partial' } : packet)),
  }),
  'reads super-packets as the packets that they stand for': () => ({
    lent: (packets) => packets.map((packet) => ({ ...packet, segmentSize: 0 })),
  }),
  'reads packets of its MTU whole': () => ({
    lent: (packets) => packets.map((packet) => (isLarge(packet) ? shorter(packet) : packet)),
  }),
  'reads nothing while it is paused, and goes on when it is resumed': () => ({
    device(device) {
      let calls = 0
      return {
        pause() {
          if (calls > 0) device.pause() // what pauses at once is waited for
        },
        start(handlers) {
          device.start({
            ...handlers,
            receive(packets) {
              calls++
              handlers.receive(packets)
              calls--
            },
          })
        },
      }
    },
  }),
  'stops when it is paused while it reads': () => ({
    told: (handlers) => ({
      receive(packets) {
        for (const packet of packets) handlers.receive([packet])
      },
    }),
  }),
  'hands packets to the host, in order': () => ({
    device: (device) => ({
      write: (packets) => device.write(packets.length > 10 ? packets.toReversed() : packets),
    }),
  }),
  'hands packets of its MTU to the host whole': () => ({
    device: (device) => ({
      write: (packets) => device.write(packets.map((packet) => (isLarge(packet) ? shorter(packet) : packet))),
    }),
  }),
  'copies what it keeps: packets may be overwritten when write returns': () => ({
    device: (device) => ({
      write(packets) {
        const isBatch = packets.length === 2
        if (isBatch) setImmediate(() => device.write([...packets]))
        else device.write(packets)
      },
    }),
  }),
  'completes partial checksums': () => ({
    device: (device) => ({
      write: (packets) =>
        device.write(packets.filter(({ checksum, segmentSize }) => checksum === 'full' || segmentSize > 0)),
    }),
  }),
  'hands super-packets to the host segment by segment': () => ({
    device: (device) => ({
      write: (packets) => device.write(packets.map((packet) => ({ ...packet, segmentSize: 0 }))),
    }),
  }),
  'takes an empty batch': () => ({
    device: (device) => ({
      write(packets) {
        if (packets.length === 0) throw new RangeError('there is nothing to write')
        device.write(packets)
      },
    }),
  }),
  'drops and counts only what it cannot take': () => ({ device: () => ({ drops: {} }) }),
  'throws for nothing that a peer may send': () => ({
    device: (device) => ({
      write(packets) {
        if (packets.some(({ bytes }) => bytes[0] === 0x60)) throw new Error('what is IPv6?')
        device.write(packets)
      },
    }),
  }),
  'goes on while its addresses, its routes and its MTU change': () => ({
    device: () => ({
      async change({ mtu }) {
        if (mtu !== undefined) throw new TunError('Cannot change the MTU', { code: 'ERR_TUN_FAILED' })
      },
    }),
  }),
  'does nothing more from the moment it is told to close': () => ({
    device: (device) => ({
      async close() {
        await Promise.resolve()
        await device.close()
      },
    }),
  }),
  'closes as often as it is told to, and does not report its own close': () => ({
    device(device) {
      let isClosed = false
      let failed: (error: Error) => void = () => {}
      return {
        start(handlers) {
          failed = (error) => handlers.failed(error)
          device.start(handlers)
        },
        async close() {
          if (isClosed) failed(new Error('closed already'))
          isClosed = true
          await device.close()
        },
      }
    },
  }),
  'can be closed before it is started': () => ({
    device(device) {
      let isStarted = false
      let isAsked = false
      return {
        start(handlers) {
          isStarted = true
          device.start(handlers)
        },
        async close() {
          if (!isStarted && !isAsked) {
            isAsked = true
            throw new Error('it was not started')
          }
          await device.close()
        },
      }
    },
  }),
  'frees its name when it is closed': () => ({
    device: (device, interfaces) => ({
      async close() {
        const made = interfaces.get(device.name)
        await device.close()
        if (made?.handlers !== undefined) interfaces.set(device.name, made)
      },
    }),
  }),
  'reports once that its interface is gone': () => ({
    told: (handlers) => ({
      failed(error) {
        handlers.failed(error)
        handlers.failed(error)
      },
    }),
  }),
  'leaves no handle behind': () => ({
    device: (device) => ({
      start(handlers) {
        leave.server()
        device.start(handlers)
      },
    }),
  }),
  'leaves no timer behind': () => ({
    device: (device) => ({
      start(handlers) {
        leave.timers()
        device.start(handlers)
      },
    }),
  }),
}

describe('tunCases', () => {
  it('finds nothing wrong with a sound driver', async () => {
    expect(await failingCases(casesOf(() => ({})))).toEqual([])
  })

  it.each(Object.entries(BROKEN))('alone finds what breaks: %s', async (name, broken) => {
    expect(await failingCases(casesOf(broken))).toEqual([name])
  })

  it('has a broken part for each of its cases', () => {
    expect(Object.keys(BROKEN).toSorted()).toEqual(
      casesOf(() => ({}))
        .map(({ name }) => name)
        .toSorted(),
    )
  })
})
