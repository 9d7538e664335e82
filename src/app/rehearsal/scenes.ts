import { MAX_PACKET, type Packet } from '../../core/api/packet.js'
import type { Allocate } from '../../core/offload/index.js'
import { MAX_MESSAGES } from '../../native/udp/incoming-messages.js'
import { type Look, madePacket, SEGMENT_HEADERS } from './made-packets.js'

/** Segments of super-packets: of the largest, of those that begin a bulk transfer, and of small ones. */
const [MANY, SOME, FEW] = [45, 20, 4]
/** Bytes by which the last segment of the smaller ones is shorter: a division that leaves no rest is another one to V8. */
const SHORTER = 100
/** Datagrams in a super-packet of UDP, and the bytes of each, as QUIC sends them. */
const DATAGRAMS = { count: 20, bytes: 1_200 }
/**
 * Bytes of datagrams that are each longer than the one before, so that no two of them make one message: as many messages as one
 * call receives, so that the next one says that no more are there.
 */
const LONGER = Array.from({ length: MAX_MESSAGES }, (_, number) => 64 + 16 * number)

/** What two hosts send each other, again and again. */
export interface Scene {
  /** Packets of each host, in their order. */
  readonly near: readonly Packet[]
  readonly far: readonly Packet[]
  /** How much is sent at a time: 0 for one packet, 1 for several, 2 for super-packets. */
  readonly weight: 0 | 1 | 2
  /** Whether each packet is sent only once the one before has arrived. */
  readonly lone?: boolean
  /** Whether all of it is sent at once, however short turns are to be: more than one batch of anything takes. */
  readonly burst?: boolean
  /** Whether nobody takes what arrives meanwhile, so that devices run out of room. */
  readonly untaken?: boolean
}

/** A packet's look but for its direction. */
type Variant = Omit<Look, 'forth'>

/**
 * Traffic of all kinds that packets bring: lone ones and batches, super-packets and small ones, TCP and UDP, IPv4 and
 * IPv6, full and partial checksums, several flows, loss and reordering. Each scene is there in both directions.
 *
 * @param mtu of the tunnel.
 * @param offloads whether super-packets and partial checksums are among them.
 * @param allocate gives the packets' memory, which they keep.
 */
export function makeScenes(mtu: number, offloads: boolean, allocate: Allocate): readonly Scene[] {
  const sizes = { 4: mtu - SEGMENT_HEADERS[4], 6: mtu - SEGMENT_HEADERS[6] } as const
  const made = (forth: boolean) => (variant: Variant) => madePacket({ forth, ...variant }, allocate)
  const partial = offloads ? ({ checksum: 'partial' } as const) : {}
  const segment = (version: 4 | 6, number: number, more: Partial<Variant> = {}): Variant => ({
    ...{ version, protocol: 'tcp', payload: sizes[version], sequence: number * sizes[version] },
    ...more,
  })
  const bulk = (version: 4 | 6, count: number, more: Partial<Variant> = {}): Variant => {
    const size = sizes[version]
    const room = Math.floor((MAX_PACKET - SEGMENT_HEADERS[version]) / size)
    return segment(version, 0, {
      ...{ payload: size * Math.min(count, room) - (count === MANY ? 0 : SHORTER) },
      ...{ segmentSize: size, checksum: 'partial' },
      ...more,
    })
  }
  const ack = (version: 4 | 6, more: Partial<Variant> = {}): Variant =>
    segment(version, 0, { payload: 0, ...partial, ...more })
  const datagram = (version: 4 | 6, payload: number, more: Partial<Variant> = {}): Variant => ({
    ...{ version, protocol: 'udp', payload, ...partial },
    ...more,
  })
  const between = (
    says: readonly Variant[],
    answers: readonly Variant[],
    more: Omit<Scene, 'near' | 'far'>,
  ) =>
    [true, false].map((forth): Scene => {
      const one = onDemand(() => says.map(made(forth)))
      const other = onDemand(() => answers.map(made(!forth)))
      const [near, far] = forth ? [one, other] : [other, one]
      return {
        ...more,
        get near() {
          return near()
        },
        get far() {
          return far()
        },
      }
    })

  const ping: Variant = { version: 4, protocol: 'icmp', payload: 56 }
  const openings = [ack(4, { opens: true }), ack(6, { opens: true })]
  const acks = [0, 0, 0, 0, 1, 0].map((flow) => ack(4, { flow }))
  const lone = between([ping, ack(4), datagram(4, 64)], [ping, ack(4), ack(6)], { weight: 0, lone: true })
  const handshakes = between(openings, openings, { weight: 0 })
  const inOrder = [0, 1, 2, 3, 4, 5, 6, 7].map((number) =>
    segment(4, number, { pushes: number === 5, ...(number % 3 === 0 ? {} : partial) }),
  )
  const gaps = [0, 2, 1, 4, 7, 6].map((number) => segment(number % 2 === 0 ? 4 : 6, number, partial))
  const flows = [0, 1, 2, 0, 1, 2].map((flow, number) => segment(4, number, { flow, ...partial }))
  const small = [0, 1, 2, 0, 1, 0].map((flow) => datagram(4, 64, { flow }))
  const large = [datagram(4, 1_200, { checksum: 'full' }), datagram(6, 1_100), datagram(4, 900)]
  const batches = [
    ...between(inOrder, acks, { weight: 1 }),
    ...between(gaps, [ack(6), ack(4)], { weight: 1 }),
    ...between(flows, flows, { weight: 1 }),
    ...between([...small, ...large], small, { weight: 1 }),
  ]
  const longer = between(
    LONGER.map((payload) => datagram(4, payload)),
    [],
    { weight: 1, burst: true },
  )
  if (!offloads) return [...lone, ...handshakes, ...batches, ...lone, ...longer]
  const { bytes, count } = DATAGRAMS
  const quic = datagram(4, bytes * count, { segmentSize: bytes, checksum: 'partial' })
  const begun = between([bulk(4, FEW), bulk(6, FEW)], acks.slice(0, 2), { weight: 1 })
  const full = between([bulk(4, MANY), bulk(4, SOME), bulk(4, MANY)], acks, { weight: 2 })
  // One that a device hands on alone, and more than are cut at a time. A socket of Linux' takes 11 packets by default.
  const many = [1, 2, 3, 4, 5].map((number) => bulk(4, MANY, { pushes: number === 5 }))
  const burst = between([...many, ...inOrder.slice(0, 6)], acks, { weight: 2, burst: true })
  const others = [
    ...between([bulk(6, MANY), bulk(4, MANY, { flow: 1 })], [ack(6), ...acks], { weight: 2 }),
    ...between([quic, ...small], [datagram(4, 64)], { weight: 2 }),
  ]
  const overrun = between([bulk(4, MANY), bulk(4, MANY), bulk(4, MANY), ...inOrder], acks, {
    weight: 2,
    untaken: true,
  })
  return [
    ...[...lone, ...begun, ...full, ...handshakes, ...full],
    ...[...batches, ...full, ...lone, ...longer, ...others, ...burst, ...full, ...overrun],
  ]
}

/** Made when it is first wanted, so that no turn of a rehearsal has to make all packets. */
function onDemand<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
