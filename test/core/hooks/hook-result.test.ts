import { expect, it } from 'vitest'
import { hasRoom, type Packet } from '../../../src/core/api/packet.js'
import { Lent } from '../../../src/core/hooks/hook-result.js'
import { ipv4, LAB_MTU } from '../forwarding/pump-lab.js'

const LENGTH = ipv4(1, 10).length

/** Packets that lie one right behind the other, as datagrams do that the kernel gives at once, and the memory before them. */
function adjacent(count: number): Packet[] {
  const memory = new Uint8Array(256 + count * LENGTH + 256)
  return Array.from({ length: count }, (_, index) => {
    const at = 256 + index * LENGTH
    memory.set(ipv4(10, 1, index), at)
    return { bytes: memory.subarray(at, at + LENGTH), segmentSize: 0, checksum: 'full' as const }
  })
}

/** A view of a packet's memory, some bytes longer before and after. */
function wider({ bytes }: Packet, before: number, after: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset - before, before + bytes.length + after)
}

const takeBack = (lent: Lent, packets: readonly Packet[]) =>
  lent.takeBack(packets, LAB_MTU, () => expect.unreachable())

it('an incoming packet that a hook makes longer than it was lent is refused: its neighbour lies there', () => {
  for (const [before, after] of [
    [0, 1],
    [1, 0],
    [0, LENGTH],
  ] as const) {
    const packets = adjacent(3)
    const lent = new Lent(packets, 'incoming')
    wider(packets[1]!, before, after)[0] = 0x45
    packets[1]!.bytes = wider(packets[1]!, before, after)
    expect(() => takeBack(lent, packets)).toThrow(
      'it returned a packet that reaches beyond the memory that it was lent',
    )
  }
})

it('an outgoing packet grows into its room, and no further', () => {
  const [packet] = adjacent(1)
  const lent = new Lent([packet!], 'outgoing')
  const grown = (by: number) => takeBack(lent, [{ ...packet!, bytes: wider(packet!, 0, by) }])
  expect(grown(64)[0]!.bytes).toHaveLength(LENGTH + 64)
  expect(() => grown(65)).toThrow('beyond the memory')
})

it('what is another view or out of order is in memory of its own, with room, and the rest where it lay', () => {
  for (const operation of ['incoming', 'outgoing'] as const) {
    const packets = adjacent(4)
    const [first, second, third, fourth] = packets
    const lent = new Lent(packets, operation)
    const shorter = { ...fourth!, bytes: fourth!.bytes.subarray(0, 20) }
    const taken = takeBack(lent, [second!, first!, third!, shorter])
    expect(taken.map(({ bytes }) => [...bytes])).toEqual([
      [...ipv4(10, 1, 1)],
      [...ipv4(10, 1, 0)],
      [...ipv4(10, 1, 2)],
      [...ipv4(10, 1, 3).subarray(0, 20)],
    ])
    const { buffer } = first!.bytes
    expect(taken.map(({ bytes }) => bytes.buffer === buffer)).toEqual([true, false, true, false])
    expect([taken[1]!, taken[3]!].every(({ bytes }) => hasRoom(bytes))).toBe(true)
  }
})

it("a hook's own packets are copied, though they share memory with each other", () => {
  const own = adjacent(2)
  const taken = takeBack(new Lent(adjacent(1), 'outgoing'), own)
  expect(new Set(taken.map(({ bytes }) => bytes.buffer)).size).toBe(2)
  expect(taken.map(({ bytes }) => bytes.at(-1))).toEqual([0, 1])
})
