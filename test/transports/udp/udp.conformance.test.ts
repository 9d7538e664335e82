import { describe } from 'vitest'
import { testTransport } from '../../../src/conformance/index.js'
import { UdpTransport } from '../../../src/transports/udp/udp.js'
import type { BindUdp } from '../../../src/transports/udp/udp-port.js'
import { bindNative, bindPortable, nativeMissing } from '../../support/udp/udp-backends.js'

const ENDPOINTS = { IPv4: 'udp://127.0.0.1:0', IPv6: 'udp://[::1]:0' }

function testWay(way: string, bind: () => BindUdp): void {
  for (const [family, endpoint] of Object.entries(ENDPOINTS)) {
    testTransport({
      name: `udp over ${family}, ${way}`,
      stream: false,
      setup: () => ({
        end: () => new UdpTransport({ localPort: 0 }, bind()),
        endpoint: new URL(endpoint),
      }),
    })
  }
}

testWay('by node:dgram', () => bindPortable)

describe.skipIf(nativeMissing)(`native (${nativeMissing ?? 'here'})`, () => {
  testWay('native', () => bindNative())
})
