import { expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import type { Resolve } from '../../../src/transports/net/egress.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { UdpTransport } from '../../../src/transports/udp/udp.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const SETTINGS = { localPort: 0 }
const hangs = () => new Promise<never>(() => {})

// A look-up that nobody waits for would end the process where its failure has no handler, which fails the run.
it.each([
  [
    'tcp',
    (resolve: Resolve) => new TcpTransport(SETTINGS, testParts({ egress: { ...plainEgress, resolve } })),
  ],
  ['udp', (resolve: Resolve) => new UdpTransport(SETTINGS, hangs, resolve)],
] as const)('a dial of %s that is called off already looks up no name', async (scheme, make) => {
  let lookUps = 0
  const transport = make(async () => {
    lookUps++
    throw new Error('no such host')
  })
  const wait = { signal: AbortSignal.abort(new Error('called off')), step() {} }
  await expect(transport.dial(new URL(`${scheme}://vpn.example:1`), new Recorder(), wait)).rejects.toThrow()
  expect(lookUps).toBe(0)
})
