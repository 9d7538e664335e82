import { systemClock } from '../../../src/core/system-clock.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { UnprovenLinks } from '../../../src/transports/unproven-links.js'
import { testTransport } from '../../conformance/index.js'
import { testParts } from '../stream-test-parts.js'

for (const host of ['127.0.0.1', '[::1]']) {
  testTransport({
    name: `tcp, ${host}`,
    stream: true,
    setup: () => ({
      end: () => new TcpTransport({ localPort: 0 }, testParts({ unprovenLinks: manyFromOneAddress() })),
      endpoint: new URL(`tcp://${host}:0`),
    }),
  })
}

function manyFromOneAddress(): UnprovenLinks {
  return new UnprovenLinks(systemClock, { total: 1024, perAddress: 1024, patience: 10_000 })
}
