import { expect } from 'vitest'
import { packetOf } from '../../core/api/packet.js'
import type { DefineCase } from '../kit/cases.js'
import { ipPacket } from '../kit/packets.js'
import type { CipherCase } from './cipher.js'
import type { CipherLab } from './cipher-lab.js'

/** Milliseconds within which a handshake succeeds although some of its messages were lost. */
const PATIENCE = 60_000
/** Packets that are more than any end may stage. */
const FLOOD = 5_000
/** Datagrams that an end may say in one moment to a peer that does not answer. */
const MOST_UNANSWERED = 3
/** Ticks that an end may want from its last packet until it has forgotten its keys. */
const MOST_IDLE_TICKS = 100

type Times = NonNullable<CipherCase['sessions']>

/** Tests of what a cipher does whose ends agree on keys before they send. */
export function testSessions(test: DefineCase, lab: () => CipherLab, times: Times): void {
  test('sends what waited for the keys, copied when it came', () => {
    const { near, far } = lab()
    const initiation = near.seal([ipPacket(100, 2), ipPacket(100, 4)])
    expect(near.seal([ipPacket(100, 6)]).length).toBeLessThanOrEqual(1)
    lab().carry(near, initiation)
    lab().advance(PATIENCE)
    expect(far.received).toEqual([ipPacket(100, 2), ipPacket(100, 4), ipPacket(100, 6)])
  })

  for (const end of ['near', 'far'] as const) {
    test(`tries again when the first messages of the ${end} end are lost`, () => {
      let losses = 3
      lab().passes = (_datagram, from) => from !== lab()[end] || losses-- <= 0
      lab().send(lab().near, ipPacket(100, 2))
      expect(lab().far.received).toEqual([])
      lab().advance(PATIENCE)
      expect(lab().far.received).toEqual([ipPacket(100, 2)])
      lab().send(lab().far, ipPacket(100, 4))
      expect(lab().near.received).toEqual([ipPacket(100, 4)])
    })
  }

  test('agrees on keys although every byte of its first message came forged before', () => {
    const { near, far } = lab()
    const [initiation] = near.seal([ipPacket(100)])
    for (let at = 0; at < initiation!.length; at++) {
      const forged = Uint8Array.from(initiation!)
      forged[at]! ^= 0x01
      const said = far.open([forged]).replies.reduce((bytes, reply) => bytes + reply.length, 0)
      expect(said).toBeLessThanOrEqual(forged.length)
    }
    lab().carry(near, [initiation!])
    lab().advance(PATIENCE)
    expect(far.received).toEqual([ipPacket(100)])
  })

  test('agrees on keys when both ends start at once', () => {
    const { near, far } = lab()
    const fromNear = near.seal([ipPacket(100, 2)])
    const fromFar = far.seal([ipPacket(100, 4)])
    lab().carry(near, fromNear)
    lab().carry(far, fromFar)
    lab().advance(PATIENCE)
    expect(far.received).toEqual([ipPacket(100, 2)])
    expect(near.received).toEqual([ipPacket(100, 4)])
  })

  test('stages a bounded number of packets, drops and counts the oldest, and floods nobody', () => {
    const { near, far } = lab()
    lab().passes = () => false
    let said = 0
    for (let seed = 0; seed < FLOOD; seed++) said += near.seal([ipPacket(100, seed)]).length
    expect(said).toBeLessThanOrEqual(MOST_UNANSWERED)
    lab().passes = () => true
    lab().advance(PATIENCE)
    expect(far.received.length).toBeGreaterThan(0)
    expect(far.received.length).toBeLessThan(FLOOD)
    expect(far.received.length + near.drops).toBe(FLOOD)
    const oldest = FLOOD - far.received.length
    for (const [index, bytes] of far.received.entries()) expect(bytes).toEqual(ipPacket(100, oldest + index))
  })

  test('loses nothing while keys are replaced under traffic', () => {
    lab().connect(ipPacket(100))
    const { near, far } = lab()
    const seconds = Math.ceil((3 * times.rekeyAfter) / 1000) + 10
    const sent: Uint8Array[] = []
    for (let second = 0; second < seconds; second++) {
      const packet = ipPacket(100, second)
      sent.push(packet)
      lab().send(near, packet)
      lab().send(far, packet)
      lab().advance(1000)
    }
    expect(far.received).toEqual(sent)
    expect(near.received).toEqual(sent)
    expect(near.answered + far.answered).toBeGreaterThanOrEqual(3)
  })

  test('forgets its keys when idle, then wants no more ticks', () => {
    lab().connect(ipPacket(100))
    const { near, far } = lab()
    const old = near.seal([ipPacket(100)])
    const before = near.ticks + far.ticks
    lab().advance(times.idleAfter)
    for (const end of [near, far]) {
      expect(end.cipher.nextTick).toBe(Number.POSITIVE_INFINITY)
      expect(end.cipher.sessions!.live(end.peer, lab().clock.now())).toBe(false)
    }
    expect(near.ticks + far.ticks - before).toBeLessThanOrEqual(MOST_IDLE_TICKS)
    expect(far.open(old).packets).toEqual([])
  })

  test('agrees on new keys after it forgot the old ones', () => {
    lab().connect(ipPacket(100))
    lab().advance(times.idleAfter)
    lab().send(lab().far, ipPacket(100, 2))
    lab().advance(PATIENCE)
    expect(lab().near.received).toEqual([ipPacket(100, 2)])
  })

  test('starts a handshake when told to, and only one at a time', () => {
    const { near } = lab()
    const sessions = near.cipher.sessions!
    const now = lab().clock.now()
    expect(sessions.live(near.peer, now)).toBe(false)
    const initiation = sessions.initiate(near.peer, now).map((datagram) => Uint8Array.from(datagram))
    expect(initiation.length).toBeGreaterThan(0)
    expect(sessions.initiate(near.peer, now)).toEqual([])
    lab().carry(near, initiation)
    expect(sessions.live(near.peer, now)).toBe(true)
  })

  test('stops asking a peer that never answers', () => {
    const { near } = lab()
    lab().passes = () => false
    near.seal([ipPacket(100)])
    lab().advance(times.idleAfter)
    expect(near.cipher.nextTick).toBe(Number.POSITIVE_INFINITY)
    expect(near.ticks).toBeLessThanOrEqual(MOST_IDLE_TICKS)
  })
}

/** Tests of what two Qanat ends say to each other beyond packets. */
export function testProbes(test: DefineCase, lab: () => CipherLab): void {
  test('has a probe answered where it came from, moving nobody', () => {
    lab().connect(ipPacket(100))
    const { near, far, clock } = lab()
    const probe = near.cipher.sessions!.probe(near.peer, 7, clock.now())
    expect(probe).toBeDefined()
    const { packets, roams, replies } = far.open([Uint8Array.from(probe!)])
    expect(packets).toEqual([])
    expect(roams).toBe(false)
    expect(replies.length).toBeGreaterThan(0)
    expect(near.open(replies)).toMatchObject({ packets: [], roams: false, probeReplies: [7] })
  })

  test('has no probe without keys', () => {
    const { near, clock } = lab()
    expect(near.cipher.sessions!.probe(near.peer, 7, clock.now())).toBeUndefined()
  })

  test('carries super-packets and partial checksums as they are', () => {
    lab().connect(ipPacket(100))
    const { near, far } = lab()
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
  })
}
