import { testTransport } from '../../../src/conformance/index.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { UnauthenticatedLinks } from '../../../src/transports/streams/unauthenticated-links.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

for (const { way, native } of STREAM_WAYS) {
  for (const host of ['127.0.0.1', '[::1]']) {
    testTransport({
      name: `tcp ${way}, ${host}`,
      stream: true,
      setup: () => ({
        end: () =>
          new TcpTransport(
            { localPort: 0 },
            testParts({ native, unauthenticatedLinks: manyFromOneAddress() }),
          ),
        endpoint: new URL(`tcp://${host}:0`),
      }),
    })
  }
}

function manyFromOneAddress(): UnauthenticatedLinks {
  return new UnauthenticatedLinks(systemClock, { total: 1024, perAddress: 1024, patience: 10_000 })
}
