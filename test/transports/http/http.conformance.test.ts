import { beforeAll } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { testTransport } from '../../../src/conformance/index.js'
import type { OptionGroups, TlsSettings } from '../../../src/core/settings/option-groups.js'
import type { TransportSettings } from '../../../src/core/settings/transport-settings.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import { UnauthenticatedLinks } from '../../../src/transports/streams/unauthenticated-links.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

testHttp('http', 'http://127.0.0.1:0/', () => ({ localPort: 0 }))

describeWhere(['program openssl'], 'with TLS', () => {
  let authority: TestAuthority
  let tls: TlsSettings
  beforeAll(() => {
    authority = new TestAuthority()
    tls = { ca: authority.ca, ...authority.issue('127.0.0.1') }
  })
  testHttp('https', 'https://127.0.0.1:0/tunnel', () => ({ localPort: 0, tls }))
})

function testHttp(name: string, endpoint: string, settings: () => TransportSettings & OptionGroups): void {
  for (const { way, native } of STREAM_WAYS) {
    testTransport({
      name: `${name} ${way}`,
      stream: true,
      setup: () => ({
        end() {
          const parts = testParts({ native, unauthenticatedLinks: manyFromOneAddress() })
          return new HttpTransport(settings(), parts, new WebSocketTransport(settings(), parts))
        },
        endpoint: new URL(endpoint),
      }),
    })
  }
}

function manyFromOneAddress(): UnauthenticatedLinks {
  return new UnauthenticatedLinks(systemClock, { total: 1024, perAddress: 1024, patience: 10_000 })
}
