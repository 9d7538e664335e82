import { constants } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { pattern } from '../../../src/conformance/kit/recorder.js'
import type { Sockets } from '../../../src/native/base/sockets.js'
import { orSkipped } from '../../support/native-missing.js'
import { nativeMissing } from '../../support/udp/udp-backends.js'
import { failingSend, UdpLab } from '../../support/udp/udp-lab.js'

const { EAGAIN, ECONNREFUSED, EINVAL, EIO, EMSGSIZE, ENETUNREACH } = constants.errno
const BATCH = Array.from({ length: 20 }, (_, seed) => pattern(1000, seed))
const NOTHING_DROPPED = { oversized: 0, overflow: 0, unsent: 0, truncated: 0 }

describe.skipIf(nativeMissing)(orSkipped('the native sender', nativeMissing), () => {
  let lab: UdpLab

  const open = async (calls: Partial<Sockets>) => {
    lab = await UdpLab.open(calls)
  }

  afterEach(() => lab.close())

  it('sends datagrams of one size as one message', async () => {
    const messages: number[] = []
    await open(failingSend(({ datagrams }) => note(messages, datagrams)))
    lab.link.send([...BATCH, pattern(10, 20), pattern(10, 21), pattern(11, 22), pattern(0, 0)])
    expect(messages).toEqual([21, 1, 1, 1])
    expect(await lab.arrived(24)).toEqual([
      ...BATCH,
      pattern(10, 20),
      pattern(10, 21),
      pattern(11, 22),
      pattern(0, 0),
    ])
  })

  it('sends at most 64 datagrams and 65,507 bytes as one message', async () => {
    const messages: number[] = []
    await open(failingSend(({ datagrams }) => note(messages, datagrams)))
    lab.link.send(Array.from({ length: 130 }, (_, seed) => pattern(100, seed)))
    lab.link.send(Array.from({ length: 5 }, (_, seed) => pattern(16_377, seed)))
    expect(messages).toEqual([64, 64, 2, 3, 2])
    expect((await lab.arrived(135)).length).toBe(135)
  })

  it('sends a train in messages of at most 64 datagrams and 65,507 bytes, each of one piece', async () => {
    const messages: number[] = []
    await open(failingSend(({ datagrams }) => note(messages, datagrams)))
    const small = pattern(100 * 129 + 50, 1)
    const large = pattern(16_377 * 4 + 1, 2)
    lab.link.sendTrain({ bytes: small, size: 100 })
    lab.link.sendTrain({ bytes: large, size: 16_377 })
    expect(messages).toEqual([64, 64, 2, 3, 2])
    const arrived = await lab.arrived(135)
    expect(Buffer.concat(arrived)).toEqual(Buffer.concat([small, large]))
    expect([arrived[129]!.length, arrived[134]!.length]).toEqual([50, 1])
  })

  it('sends a train singly where the link or the device says so, or its datagrams are too large for any message', async () => {
    const messages: number[] = []
    await open(failingSend(({ datagrams }) => note(messages, datagrams) || (datagrams > 1 ? EIO : 0)))
    const bytes = pattern(250, 1)
    lab.link.gso = false
    lab.link.sendTrain({ bytes, size: 100 })
    lab.link.gso = true
    lab.link.sendTrain({ bytes, size: 100 })
    lab.link.sendTrain({ bytes, size: 100 })
    lab.link.sendTrain({ bytes: new Uint8Array(65_600), size: 65_508 })
    expect(messages).toEqual([1, 1, 1, 3, 1, 1, 1, 1, 1, 1])
    expect(Buffer.concat(await lab.arrived(9))).toEqual(Buffer.concat([bytes, bytes, bytes]))
    expect(lab.link.drops).toEqual({ ...NOTHING_DROPPED, oversized: 2 })
  })

  it('sends each datagram as a message where the link says so', async () => {
    const messages: number[] = []
    await open(failingSend(({ datagrams }) => note(messages, datagrams)))
    lab.link.gso = false
    lab.link.send(BATCH)
    expect(messages).toEqual(Array(20).fill(1))
    expect(await lab.arrived(20)).toEqual(BATCH)
  })

  it('gives segmentation up for good where the device cannot, and loses nothing', async () => {
    const messages: number[] = []
    await open(failingSend(({ datagrams }) => note(messages, datagrams) || (datagrams > 1 ? EIO : 0)))
    lab.link.send(BATCH)
    lab.link.send(BATCH.slice(0, 3))
    expect(messages).toEqual([20, ...Array(20).fill(1), 1, 1, 1])
    expect(await lab.arrived(23)).toEqual([...BATCH, ...BATCH.slice(0, 3)])
    expect(lab.link.drops).toEqual(NOTHING_DROPPED)
  })

  it.each([
    ['EMSGSIZE', EMSGSIZE],
    ['EINVAL', EINVAL],
  ])('sends a message singly after %s, and the next with segments again', async (_name, errno) => {
    const messages: number[] = []
    let failures = 1
    await open(
      failingSend(
        ({ datagrams }) => note(messages, datagrams) || (datagrams > 1 && failures-- > 0 ? errno : 0),
      ),
    )
    lab.link.send(BATCH)
    lab.link.send(BATCH)
    expect(messages).toEqual([20, ...Array(20).fill(1), 20])
    expect(await lab.arrived(40)).toEqual([...BATCH, ...BATCH])
    expect(lab.link.drops).toEqual(NOTHING_DROPPED)
  })

  it('drops and counts all that is left of a batch once the buffer is full', async () => {
    let full = false
    await open(failingSend(({ bytes }) => (full || bytes === 12 ? EAGAIN : 0)))
    lab.link.send([
      pattern(9, 1),
      pattern(9, 2),
      pattern(12, 3),
      pattern(15, 4),
      pattern(18, 5),
      pattern(8, 6),
    ])
    full = true
    lab.link.send(BATCH)
    full = false
    lab.link.send([pattern(9, 9)])
    expect((await lab.arrived(3)).map((bytes) => bytes[0])).toEqual([1, 2, 9])
    expect(lab.link.drops).toEqual({ ...NOTHING_DROPPED, overflow: 4 + 20 })
  })

  it('tries again once after the error of an earlier datagram', async () => {
    const errors = [ECONNREFUSED, 0, ECONNREFUSED, ECONNREFUSED, 0]
    await open(failingSend(() => errors.shift() ?? 0))
    lab.link.send([pattern(5, 1)])
    lab.link.send([pattern(5, 2), pattern(6, 3)])
    expect((await lab.arrived(2)).map((bytes) => bytes[0])).toEqual([1, 3])
    expect(lab.link.drops).toEqual({ ...NOTHING_DROPPED, unsent: 1 })
  })

  it('counts what cannot be sent, and sends the rest', async () => {
    await open(failingSend(({ bytes }) => (bytes === 2000 ? ENETUNREACH : 0)))
    lab.link.send([pattern(1, 1), pattern(2000, 2), pattern(3000, 3)])
    expect((await lab.arrived(2)).map((bytes) => bytes[0])).toEqual([1, 3])
    expect(lab.link.drops).toEqual({ ...NOTHING_DROPPED, unsent: 1 })
  })

  it('counts datagrams that fail singly, too', async () => {
    await open(failingSend(({ datagrams }) => (datagrams > 1 ? EMSGSIZE : ENETUNREACH)))
    lab.link.send(BATCH)
    expect(lab.link.drops).toEqual({ ...NOTHING_DROPPED, unsent: 20 })
  })
})

function note(messages: number[], datagrams: number): 0 {
  messages.push(datagrams)
  return 0
}
