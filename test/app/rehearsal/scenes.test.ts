import { expect, it } from 'vitest'
import { makeScenes } from '../../../src/app/rehearsal/scenes.js'
import type { Packet } from '../../../src/core/api/packet.js'

/** What kind a packet is of: `4 tcp syn`, `6 udp super partial`. */
function kindOf({ bytes, checksum, segmentSize }: Packet): string {
  const version = bytes[0]! >> 4
  const protocol = { 1: 'icmp', 6: 'tcp', 17: 'udp' }[version === 4 ? bytes[9]! : bytes[6]!]
  const flags = protocol === 'tcp' ? bytes[(version === 4 ? 20 : 40) + 13]! : 0
  const words = [version, protocol, (flags & 2) > 0 ? 'syn' : '', segmentSize > 0 ? 'super' : '', checksum]
  return words.filter((word) => word !== '').join(' ')
}

it('makes the packets of a scene when they are first wanted, and once: all of them at once would be a long turn', () => {
  let made = 0
  const scenes = makeScenes(1420, true, (bytes) => {
    made++
    return new Uint8Array(bytes)
  })
  expect(scenes.length).toBeGreaterThan(10)
  expect(made).toBe(0)
  const [{ far, near }] = scenes as [(typeof scenes)[number]]
  expect(made).toBe(near.length + far.length)
  expect(scenes[0]!.near).toBe(near)
  expect(made).toBe(near.length + far.length)
})

it('makes packets of all kinds that come, in both directions', () => {
  const scenes = makeScenes(1420, true, (bytes) => new Uint8Array(bytes))
  const kinds = (packets: readonly Packet[]) => [...new Set(packets.map(kindOf))].sort()
  const near = kinds(scenes.flatMap((scene) => scene.near))
  expect(near).toEqual([
    ...['4 icmp full', '4 tcp full', '4 tcp partial', '4 tcp super partial', '4 tcp syn partial'],
    ...['4 udp full', '4 udp partial', '4 udp super partial'],
    ...['6 tcp partial', '6 tcp super partial', '6 tcp syn partial', '6 udp partial'],
  ])
  expect(kinds(scenes.flatMap((scene) => scene.far))).toEqual(near)
})

it('has what throws optimized code away when real packets bring it first', () => {
  const scenes = makeScenes(1420, true, (bytes) => new Uint8Array(bytes))
  const near = scenes.flatMap((scene) => scene.near)
  const supers = near.filter(({ segmentSize }) => segmentSize > 0)
  const rests = supers.map(
    ({ bytes, segmentSize }) => (bytes.length - (bytes[0] === 0x45 ? 52 : 72)) % segmentSize,
  )
  expect(rests).toContain(0)
  expect(rests.some((rest) => rest > 0)).toBe(true)
  const pushes = near.map(({ bytes }) => bytes[0] === 0x45 && bytes[9] === 6 && (bytes[33]! & 8) > 0)
  expect(new Set(pushes)).toEqual(new Set([true, false]))
  const atOnce = scenes.filter(({ burst }) => burst).map((scene) => scene.near)
  expect(
    atOnce.filter((packets) => packets.filter(({ segmentSize }) => segmentSize > 0).length > 4),
  ).not.toEqual([])
  for (const packets of atOnce) expect(packets.length).toBeLessThanOrEqual(11) // what a socket of Linux' takes
  const lengths = atOnce.map((packets) => packets.map(({ bytes }) => bytes.length))
  const rising = (all: readonly number[]) =>
    all.length === 8 && all.every((length, at) => at === 0 || length > all[at - 1]!)
  expect(lengths.filter(rising)).toHaveLength(1)
})
