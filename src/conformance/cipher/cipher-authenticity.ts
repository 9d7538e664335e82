import type { DefineCase } from '../kit/case.js'
import { expect } from '../kit/expect.js'
import { ipPacket } from '../kit/packets.js'
import type { CipherLab } from './cipher-lab.js'

/** Tests of what a cipher does whose packets prove who sent them. */
export function testAuthenticity(test: DefineCase<CipherLab>): void {
  test(
    'drops and counts a datagram with any byte changed, and still opens the genuine one',
    'Nothing is opened of which a byte is not what the peer sealed; it is counted in drops.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near, far } = lab
      const datagrams = near.seal([ipPacket(60)])
      for (const datagram of datagrams) {
        for (let at = 0; at < datagram.length; at++) {
          const forged = Uint8Array.from(datagram)
          forged[at]! ^= 0x01
          const before = far.drops
          expect(far.open([forged]), `byte ${at}`).toMatchObject({ packets: [], roams: false, replies: [] })
          expect(far.drops, `byte ${at}`).toBe(before + 1)
        }
      }
      lab.carry(near, datagrams)
      expect(far.received).toEqual([ipPacket(60)])
    },
  )

  test('drops and counts a datagram that it opened before', 'A datagram is opened once.', (lab) => {
    lab.connect(ipPacket(100))
    const { near, far } = lab
    const datagrams = near.seal([ipPacket(60, 2), ipPacket(60, 4)])
    lab.carry(near, datagrams)
    const before = far.drops
    expect(far.open(datagrams)).toMatchObject({ packets: [], roams: false, replies: [] })
    expect(far.open(datagrams.toReversed())).toMatchObject({ packets: [], roams: false, replies: [] })
    expect(far.drops).toBe(before + 2 * datagrams.length)
    expect(far.received).toEqual([ipPacket(60, 2), ipPacket(60, 4)])
  })

  test(
    'opens what is genuine of a batch with forged datagrams in it',
    'What is wrong with one datagram of a batch does not touch the others.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near, far } = lab
      const [first, second, third] = near.seal([ipPacket(60, 2), ipPacket(60, 4), ipPacket(60, 6)])
      second![second!.length - 1]! ^= 0x80
      far.open([first!, second!, third!])
      expect(far.received).toEqual([ipPacket(60, 2), ipPacket(60, 6)])
    },
  )

  test(
    'moves a peer by its newest datagram only',
    '`roams` is true for the newest authentic datagram only: one that was held back moves nobody.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near, far } = lab
      const older = near.seal([ipPacket(60, 2)])
      const newer = near.seal([ipPacket(60, 4)])
      expect(far.open(newer).roams).toBe(true)
      expect(far.open(older).roams).toBe(false)
      expect(far.received.length).toBe(2)
    },
  )

  test(
    'does not open what it sealed itself',
    'A datagram is opened by the other end only: a mirror gets nothing in.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near } = lab
      const datagrams = near.seal([ipPacket(60)])
      expect(near.open(datagrams)).toMatchObject({ packets: [], roams: false, replies: [] })
    },
  )
}
