import { describe, expect, it } from 'vitest'
import { tunCases } from '../../src/conformance/tun/tun-cases.js'
import { payloadsOf, udpPacket } from '../../src/conformance/tun/tun-place.js'
import { type MemoryTunDevice, MemoryTunDriver } from '../../src/tun/memory.js'

describe('the TUN driver in memory', () => {
  const cases = tunCases({
    setup: () => ({
      driver: new MemoryTunDriver(),
      host(device, { local, far }) {
        const own = device as MemoryTunDevice
        const taken: Uint8Array[] = []
        own.host = (packets) => {
          for (const packet of packets) {
            const payloads = payloadsOf(packet)
            taken.push(
              ...(payloads.length > 0 ? payloads : [packet.bytes]).map((one) => Uint8Array.from(one)),
            )
          }
        }
        const send = (payloads: readonly Uint8Array[]) => {
          if (!own.paused) own.inject(...payloads.map((one) => udpPacket(local, far, one)))
        }
        return { taken, send }
      },
    }),
  })

  it.each(cases)('$name', async ({ run }) => {
    expect(await run()).toBe(undefined)
  })
})
