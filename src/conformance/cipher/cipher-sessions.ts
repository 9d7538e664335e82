import { packetOf } from '../../core/api/packet.js'
import type { DefineCase } from '../kit/case.js'
import { expect } from '../kit/expect.js'
import { ipPacket } from '../kit/packets.js'
import type { TestedCipher } from './cipher-cases.js'
import type { CipherLab } from './cipher-lab.js'

/** Milliseconds within which a handshake succeeds although some of its messages were lost. */
const PATIENCE = 60_000
/** Messages that are lost of each end, those of the one that begins first. */
const LOST_MESSAGES = 3
/** Packets that are more than any end may stage. */
const FLOOD = 5_000
/** Datagrams that an end may say in one moment to a peer that does not answer. */
const MOST_UNANSWERED = 3
/** Ticks that an end may want from its last packet until it has forgotten its keys. */
const MOST_IDLE_TICKS = 100

type Times = NonNullable<TestedCipher['sessions']>

/** Tests of what a cipher does whose ends agree on keys before they send. */
export function testSessions(test: DefineCase<CipherLab>, times: Times): void {
  test(
    'sends what waited for the keys, copied when it came',
    'Packets that wait for a session are copied, since they were lent.',
    (lab) => {
      const { near, far } = lab
      const initiation = near.seal([ipPacket(100, 2), ipPacket(100, 4)])
      expect(near.seal([ipPacket(100, 6)]).length).toBeAtMost(1)
      lab.carry(near, initiation)
      lab.advance(PATIENCE)
      expect(far.received).toEqual([ipPacket(100, 2), ipPacket(100, 4), ipPacket(100, 6)])
    },
  )

  test(
    'tries again when the first messages of an end are lost',
    'A handshake is tried again until it succeeds.',
    (lab) => {
      const losses = new Map([lab.near, lab.far].map((end) => [end, LOST_MESSAGES]))
      lab.passes = (_datagram, from) => {
        const left = losses.get(from)!
        losses.set(from, left - 1)
        return left <= 0
      }
      lab.send(lab.near, ipPacket(100, 2))
      expect(lab.far.received).toEqual([])
      lab.advance(PATIENCE)
      expect(lab.far.received).toEqual([ipPacket(100, 2)])
      lab.send(lab.far, ipPacket(100, 4))
      expect(lab.near.received).toEqual([ipPacket(100, 4)])
    },
  )

  test(
    'agrees on keys although every byte of its first message came forged before',
    'Forged messages do not hinder a handshake, and get no answer that is longer.',
    (lab) => {
      const { near, far } = lab
      const [initiation] = near.seal([ipPacket(100)])
      for (let at = 0; at < initiation!.length; at++) {
        const forged = Uint8Array.from(initiation!)
        forged[at]! ^= 0x01
        const said = far.open([forged]).replies.reduce((bytes, reply) => bytes + reply.length, 0)
        expect(said).toBeAtMost(forged.length)
      }
      lab.carry(near, [initiation!])
      lab.advance(PATIENCE)
      expect(far.received).toEqual([ipPacket(100)])
    },
  )

  test(
    'agrees on keys when both ends start at once',
    'Two handshakes that cross lead to a session.',
    (lab) => {
      const { near, far } = lab
      const fromNear = near.seal([ipPacket(100, 2)])
      const fromFar = far.seal([ipPacket(100, 4)])
      lab.carry(near, fromNear)
      lab.carry(far, fromFar)
      lab.advance(PATIENCE)
      expect(far.received).toEqual([ipPacket(100, 2)])
      expect(near.received).toEqual([ipPacket(100, 4)])
    },
  )

  test(
    'stages a bounded number of packets, drops and counts the oldest, and floods nobody',
    'What waits for a session is bounded, and so is what is said meanwhile.',
    (lab) => {
      const { near, far } = lab
      lab.passes = () => false
      let said = 0
      for (let seed = 0; seed < FLOOD; seed++) said += near.seal([ipPacket(100, seed)]).length
      expect(said).toBeAtMost(MOST_UNANSWERED)
      lab.passes = () => true
      lab.advance(PATIENCE)
      expect(far.received.length).toBeAtLeast(1)
      expect(far.received.length).toBeAtMost(FLOOD - 1)
      expect(far.received.length + near.drops).toBe(FLOOD)
      const oldest = FLOOD - far.received.length
      for (const [index, bytes] of far.received.entries())
        expect(bytes).toEqual(ipPacket(100, oldest + index))
    },
  )

  test('loses nothing while keys are replaced under traffic', 'Keys are replaced without a loss.', (lab) => {
    lab.connect(ipPacket(100))
    const { near, far } = lab
    const seconds = Math.ceil((3 * times.rekeyAfter) / 1000) + 10
    const sent: Uint8Array[] = []
    for (let second = 0; second < seconds; second++) {
      const packet = ipPacket(100, second)
      sent.push(packet)
      lab.send(near, packet)
      lab.send(far, packet)
      lab.advance(1000)
    }
    expect(far.received).toEqual(sent)
    expect(near.received).toEqual(sent)
    expect(near.answered + far.answered).toBeAtLeast(3)
  })

  test(
    'forgets its keys when idle, then wants no more ticks',
    'Keys of an idle session are forgotten, and then nothing is due.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near, far } = lab
      const old = near.seal([ipPacket(100)])
      const before = near.ticks + far.ticks
      lab.advance(times.idleAfter)
      for (const end of [near, far]) {
        expect(end.cipher.nextTick).toBe(Number.POSITIVE_INFINITY)
        expect(end.cipher.sessions!.live(end.peer, lab.clock.now())).toBe(false)
      }
      expect(near.ticks + far.ticks - before).toBeAtMost(MOST_IDLE_TICKS)
      expect(far.open(old).packets).toEqual([])
    },
  )

  test(
    'agrees on new keys after it forgot the old ones',
    'A session that was forgotten is followed by another as soon as there is something to send.',
    (lab) => {
      lab.connect(ipPacket(100))
      lab.advance(times.idleAfter)
      lab.send(lab.far, ipPacket(100, 2))
      lab.advance(PATIENCE)
      expect(lab.near.received).toEqual([ipPacket(100, 2)])
    },
  )

  test(
    'starts a handshake when told to, and only one at a time',
    '`initiate` starts a handshake, unless one was started this moment.',
    (lab) => {
      const { near } = lab
      const sessions = near.cipher.sessions!
      const now = lab.clock.now()
      expect(sessions.live(near.peer, now)).toBe(false)
      const initiation = sessions.initiate(near.peer, now).map((datagram) => Uint8Array.from(datagram))
      expect(initiation.length).toBeAtLeast(1)
      expect(sessions.initiate(near.peer, now)).toEqual([])
      lab.carry(near, initiation)
      expect(sessions.live(near.peer, now)).toBe(true)
    },
  )

  test('stops asking a peer that never answers', 'Handshakes that nothing answers end.', (lab) => {
    const { near } = lab
    lab.passes = () => false
    near.seal([ipPacket(100)])
    lab.advance(times.idleAfter)
    expect(near.cipher.nextTick).toBe(Number.POSITIVE_INFINITY)
    expect(near.ticks).toBeAtMost(MOST_IDLE_TICKS)
  })
}

/** Tests of what two Qanat ends say to each other beyond packets. */
export function testProbes(test: DefineCase<CipherLab>): void {
  test(
    'has a probe answered where it came from, moving nobody',
    'A probe is answered at once by `replies`, and moves nobody.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near, far, clock } = lab
      const probe = near.cipher.sessions!.probe(near.peer, 7, clock.now())
      expect(probe).notToBe(undefined)
      const { packets, roams, replies } = far.open([Uint8Array.from(probe!)])
      expect(packets).toEqual([])
      expect(roams).toBe(false)
      expect(replies.length).toBeAtLeast(1)
      expect(near.open(replies)).toMatchObject({ packets: [], roams: false, probeReplies: [7] })
    },
  )

  test('has no probe without keys', '`probe` is undefined as long as there is no session.', (lab) => {
    const { near, clock } = lab
    expect(near.cipher.sessions!.probe(near.peer, 7, clock.now())).toBe(undefined)
  })

  test(
    'carries super-packets and partial checksums as they are',
    'What the peer takes, by `takesSuperPackets`, it gets as it was.',
    (lab) => {
      lab.connect(ipPacket(100))
      const { near, far } = lab
      expect(near.cipher.sessions!.takesSuperPackets(near.peer)).toBe(true)
      for (const checksum of ['partial', 'full'] as const) {
        const content = ipPacket(40_000, 3)
        const datagrams = near.sealPackets([{ ...packetOf(content), segmentSize: 1400, checksum }])
        const { opened } = far.openRaw(datagrams)
        expect(opened.flatMap(({ packets }) => packets)).toEqual([
          { bytes: content, segmentSize: 1400, checksum },
        ])
      }
      for (const size of [60, 1400]) {
        const content = ipPacket(size, 4)
        const datagrams = near.sealPackets([{ ...packetOf(content), checksum: 'partial' }])
        const { opened } = far.openRaw(datagrams)
        expect(opened.flatMap(({ packets }) => packets)).toEqual([
          { bytes: content, segmentSize: 0, checksum: 'partial' },
        ])
      }
    },
  )
}
