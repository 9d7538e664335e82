import { describe, expect, it } from 'vitest'
import { hookCases } from '../../../src/conformance/hooks/hook-cases.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { type Packet, packetOf } from '../../../src/core/api/packet.js'
import type { HookResult, HookSees, PacketHook } from '../../../src/core/api/packet-hook.js'
import { editPacket, writeChecksums } from '../../../src/core/hooks/edit-packet.js'
import { PacketHeaders } from '../../../src/core/ip/packet-headers.js'
import { failingCases } from '../kit/failing-cases.js'

const MTU = 1420
const ICMP = 1
/** Offset of an IPv4 header's time to live. */
const TTL = 8

/** Drops ICMP, lowers the time to live of what else is IPv4, and answers each batch; each step can be broken. */
interface Steps {
  /** What is read of each packet. */
  look?(packet: Packet): void
  /** How the time to live is written. */
  lower?(packet: Packet): void
  /** Whether it says that it edits packets. */
  readonly edits?: boolean
  /** What is counted of dropped packets. */
  readonly counted?: number
  /** What is returned of the result. */
  returned?(result: HookResult, packets: readonly Packet[]): unknown
  /** What is set up with the clock, and undone by what it returns. */
  begin?(clock: VirtualClock): () => void
}

function hookOf(steps: Steps, clock: VirtualClock): PacketHook {
  const {
    look = () => {},
    lower = (packet) => editPacket(packet, TTL, Uint8Array.of(packet.bytes[TTL]! - 1)),
    counted = 1,
    returned = (result) => result,
    begin = () => () => {},
  } = steps
  const headers = new PacketHeaders()
  const drops = { icmp: 0 }
  const close = begin(clock)
  const handle = (packets: readonly Packet[]) => {
    const passed = packets.filter((packet) => {
      look(packet)
      const isKnown = headers.read(packet.bytes)
      if (isKnown && headers.protocol === ICMP) drops.icmp += counted
      else if (isKnown && headers.version === 4) lower(packet)
      return !(isKnown && headers.protocol === ICMP)
    })
    const answer = packetOf(Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 64, 59, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2))
    writeChecksums(answer)
    return returned({ packets: passed, replies: [answer] }, packets) as HookResult
  }
  return { drops, outgoing: handle, incoming: handle, close }
}

async function failing(steps: Steps, sees: HookSees = 'packets'): Promise<string[]> {
  const cases = hookCases({
    setup: (clock) => ({ hook: hookOf(steps, clock), mtu: MTU, sees, edits: steps.edits }),
  })
  return failingCases(cases)
}

/** A packet with more bytes than it had. */
function grown({ bytes, ...rest }: Packet): Packet {
  const longer = new Uint8Array(bytes.length + 8)
  longer.set(bytes)
  return { ...rest, bytes: longer }
}

let held: Packet | undefined

/** A broken part for each case, which nothing but that finds out. */
const BROKEN: Readonly<Record<string, Steps>> = {
  'throws for no packet that the host or a peer may send': {
    look({ bytes }) {
      if (bytes[0] === 0x45 && bytes[9] === 6)
        new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint16(32)
    },
  },
  'answers at once, by packets or nothing': { returned: async (result) => result },
  'puts no packet in the place of another that is larger than the MTU': {
    returned: (result) => ({
      ...result,
      packets: result.packets!.map((packet) => (packet.bytes.length === MTU ? grown(packet) : packet)),
    }),
  },
  'counts in its drops what it leaves out': { counted: 0 },
  'keeps nothing of what it was lent': {
    returned(result) {
      const late = held === undefined ? [] : [held]
      held = result.replies![0] === undefined ? undefined : result.packets![0]
      return { ...result, replies: late }
    },
  },
  'leaves the checksums of what it edits right': {
    lower(packet) {
      packet.bytes[TTL]!--
    },
  },
  'edits no packet if it says so': { edits: false },
  'writes nowhere but to the packets and the room that is theirs': {
    look({ bytes }) {
      new Uint8Array(bytes.buffer)[bytes.byteOffset + bytes.length]! ^= 1
    },
  },
  'leaves no timer behind': {
    begin(clock) {
      clock.schedule(1_000, () => {})
      return () => {}
    },
  },
}

describe('hookCases', () => {
  it.each(['packets', 'super-packets'] as const)(
    'finds nothing wrong with a sound hook that sees %s',
    async (sees) => {
      expect(await failing({}, sees)).toEqual([])
    },
  )

  it('finds nothing wrong with a sound hook that edits nothing, and says so', async () => {
    expect(await failing({ edits: false, lower() {} })).toEqual([])
  })

  it.each(Object.entries(BROKEN))('alone finds what breaks: %s', async (name, broken) => {
    held = undefined
    expect(await failing(broken)).toEqual([name])
  })

  it('has a broken part for each of its cases', () => {
    const cases = hookCases({ setup: () => ({ hook: hookOf({}, new VirtualClock()), mtu: MTU }) })
    expect(cases.map(({ name }) => name).toSorted()).toEqual(Object.keys(BROKEN).toSorted())
  })
})
