import { describe, expect, it } from 'vitest'
import { tunCases } from '../../src/conformance/tun/tun-cases.js'
import { udpPacket, udpPayload } from '../../src/conformance/tun/tun-place.js'
import { memoryDevice } from '../../src/tun/memory-device.js'

describe('the device of a program', () => {
  const cases = tunCases({
    setup() {
      const taken: Uint8Array[] = []
      const driver = memoryDevice({
        receive(packets) {
          for (const packet of packets) taken.push(udpPayload(packet) ?? packet)
        },
      })
      return {
        driver,
        host: (_device, { local, far }) => ({
          taken,
          send: (payloads) => void driver.send(...payloads.map((one) => udpPacket(local, far, one))),
        }),
      }
    },
  })

  it.each(cases)('$name', async ({ run }) => {
    expect(await run()).toBe(undefined)
  })
})
