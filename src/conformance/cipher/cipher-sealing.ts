import type { DefineCase } from '../kit/case.js'
import { expect } from '../kit/expect.js'
import { ipPacket, randomBytes, randomFrom } from '../kit/packets.js'
import { DEFAULT_SEED } from '../kit/seed.js'
import type { TestedCipher } from './cipher-cases.js'
import type { CipherLab, LabEnd } from './cipher-lab.js'

/** Bytes. */
const MTU = 1420
/** The shortest packet: an IPv4 header. */
const SHORTEST = 20
const RANDOM_DATAGRAMS = 2_000
/** Bytes. The largest payload of any carrier. */
const MAX_DATAGRAM = 65_535

/** Tests of what every cipher does with packets and datagrams. */
export function testSealing(test: DefineCase<CipherLab>, options: TestedCipher): void {
  const { seed = DEFAULT_SEED } = options
  const shortest = options.sessions ? SHORTEST : 0

  test('says what it is', '`authenticates`, `sessions` and `overhead` say what the cipher does.', (lab) => {
    const { near, far } = lab
    for (const { cipher } of [near, far]) {
      expect(cipher.authenticates).toBe(options.authenticates)
      expect(cipher.sessions !== undefined).toBe(options.sessions !== undefined)
      expect(cipher.overhead).toBeAtLeast(0)
    }
  })

  test(
    'gives back packets of every size up to the MTU, adding no more than its overhead',
    'A datagram has at most `overhead` bytes more than its packet, which comes out as it went in.',
    (lab) => {
      lab.connect(ipPacket(100))
      for (const [from, to] of bothWays(lab)) {
        for (let size = shortest; size <= MTU; size++) {
          const datagrams = from.seal([ipPacket(size)])
          const longest = Math.max(...datagrams.map((datagram) => datagram.length))
          expect(longest).toBeAtMost(size + from.cipher.overhead)
          lab.carry(from, datagrams)
          expect(Buffer.compare(to.received.pop() ?? new Uint8Array(), ipPacket(size)), `${size} bytes`).toBe(
            0,
          )
        }
      }
    },
  )

  test(
    'keeps the order of a batch, with and without room around its packets',
    'Datagrams are in the order of their packets, wherever those lie.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near, far } = lab
      const batch = Array.from({ length: 40 }, (_, index) => ipPacket(60 + index * 30, index))
      lab.carry(near, near.seal(batch))
      expect(far.received).toEqual(batch)
      lab.carry(near, near.sealWithoutRoom(batch))
      expect(far.received).toEqual([...batch, ...batch])
    },
  )

  test(
    'makes no datagram above maxDatagram: cuts the packet, or drops and counts it, and seals the others',
    '`seal` makes no datagram of more than `maxDatagram` bytes.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near, far } = lab
      const before = near.drops
      const [small, large] = [ipPacket(100, 2), ipPacket(1000)]
      const most = 100 + near.cipher.overhead
      const datagrams = near.seal([small, large, small], most)
      for (const { length } of datagrams) expect(length).toBeAtMost(most)
      lab.carry(near, datagrams)
      const cut = near.drops === before
      expect(far.received).toEqual(cut ? [small, large, small] : [small, small])
      expect(near.drops).toBe(before + (cut ? 0 : 1))
    },
  )

  test(
    'tells whose packets it opened',
    'What is opened bears the id that this end knows the peer by.',
    (lab) => {
      lab.connect(ipPacket(100))
      for (const [from, to] of bothWays(lab)) {
        lab.send(from, ipPacket(60))
        expect([...to.openedFrom]).toEqual([to.peer])
      }
    },
  )

  test('opens datagrams in any order', 'Datagrams may overtake each other on their way.', (lab) => {
    lab.connect(ipPacket(100))
    const { near, far } = lab
    const packets = Array.from({ length: 64 }, (_, index) => ipPacket(100 + index, index))
    const datagrams = near.seal(packets)
    const random = randomFrom(seed)
    for (const datagram of datagrams.toSorted(() => random() - 0.5)) lab.carry(near, [datagram])
    expect(far.received.toSorted((one, other) => one.length - other.length)).toEqual(packets)
  })

  test('has nothing to do for an empty batch', 'An empty batch does nothing.', (lab) => {
    lab.connect(ipPacket(100))
    const { near } = lab
    expect(near.seal([])).toEqual([])
    expect(near.open([])).toMatchObject({ packets: [], replies: [] })
  })

  test(
    'wants no tick before it was used, and has nothing due then',
    '`nextTick` is Infinity as long as nothing is due.',
    (lab) => {
      const { near, far } = lab
      for (const end of [near, far]) {
        expect(end.cipher.nextTick).toBe(Number.POSITIVE_INFINITY)
        expect(end.tick()).toEqual([])
      }
    },
  )

  test(
    'throws for no datagram that an unknown source may send',
    '`open` never throws for what comes off the wire, and answers with no more bytes than came.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near, far } = lab
      const random = randomFrom(seed)
      const genuine = near.seal([ipPacket(200)])
      for (let count = 0; count < RANDOM_DATAGRAMS; count++) {
        const datagram = count % 2 === 0 ? randomDatagram(random) : mutation(genuine[0]!, random)
        const before = far.drops
        const { packets, replies } = far.open([datagram])
        if (options.authenticates) {
          expect(packets).toEqual([])
          expect(far.drops).toBeAtLeast(before + 1)
          const said = replies.reduce((bytes, reply) => bytes + reply.length, 0)
          expect(said).toBeAtMost(datagram.length)
        } else if (packets.length === 0) expect(far.drops).toBe(before + 1)
      }
      far.received.length = 0
      lab.carry(near, genuine)
      expect(far.received).toEqual([ipPacket(200)])
    },
  )

  test('throws for no part of a datagram', '`open` never throws for a datagram that was cut.', (lab) => {
    lab.connect(ipPacket(100))
    const { near, far } = lab
    for (const datagram of near.seal([ipPacket(200)])) {
      for (let length = 0; length < datagram.length; length++) {
        const { packets } = far.open([datagram.subarray(0, length)])
        if (options.authenticates) expect(packets).toEqual([])
      }
    }
  })
}

function bothWays({ near, far }: CipherLab): [LabEnd, LabEnd][] {
  return [
    [near, far],
    [far, near],
  ]
}

/** Random bytes, mostly few, rarely as many as a datagram can have. */
function randomDatagram(random: () => number): Uint8Array {
  const most = random() < 0.02 ? MAX_DATAGRAM : 200
  const bytes = randomBytes(Math.floor(random() * (most + 1)), random)
  if (bytes.length > 4 && random() < 0.5) bytes.set([1 + Math.floor(random() * 4), 0, 0, 0]) // like a message's type
  return bytes
}

/** A datagram of which some bytes are others, and which may be longer. */
function mutation(datagram: Uint8Array, random: () => number): Uint8Array {
  const changed = new Uint8Array(datagram.length + Math.floor(random() * 3))
  changed.set(datagram)
  for (let changes = Math.floor(random() * 4); changes >= 0; changes--) {
    changed[Math.floor(random() * datagram.length)]! ^= 1 + Math.floor(random() * 255)
  }
  return changed
}
