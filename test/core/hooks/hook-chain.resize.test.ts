import { expect, it } from 'vitest'
import { packetOf } from '../../../src/core/api/packet.js'
import { ipv4, LAB_MTU, pumpLab } from '../forwarding/pump-lab.js'
import { bothWays } from './hooks.js'

/** A packet to peer `a` that must not be fragmented. */
function packet(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes.set(ipv4(1, 10))
  bytes[2] = length >> 8
  bytes[3] = length
  bytes[6] = 0x40
  return bytes
}

it('tells paths, the cipher and packet hooks of another MTU, larger or smaller', () => {
  const larger = bothWays('larger', ([first]) => ({ packets: [packetOf(packet(first!.bytes.length + 100))] }))
  const { a, chain, cipher, leave, pump } = pumpLab([larger])
  const lengths = () => a.sent.map((datagram) => datagram.length - cipher.overhead)
  const tooLarge = () => chain!.drops['hooks.larger']!.drops.tooLarge
  leave(packet(LAB_MTU))
  expect([lengths(), tooLarge()]).toEqual([[], 1])
  pump.resize(9_000)
  leave(packet(8_900))
  leave(packet(8_901))
  expect([lengths(), tooLarge()]).toEqual([[9_000], 2])
  pump.resize(1_300)
  leave(packet(1_200))
  leave(packet(1_201))
  expect([lengths(), tooLarge()]).toEqual([[9_000, 1_300], 3])
  expect(cipher.resized).toEqual([9_000, 1_300])
})
