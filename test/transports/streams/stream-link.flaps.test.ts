import { expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Transport } from '../../../src/core/api/transport.js'
import { UnauthenticatedLinks } from '../../../src/transports/streams/unauthenticated-links.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { eventually } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const FLAPS = 250
const transports = [TcpTransport, WebSocketTransport]

it.each(['tcp', 'ws'])(
  `leaves nothing behind after ${FLAPS} links over %s that either end closed`,
  async (scheme) => {
    const clock = new VirtualClock()
    const unauthenticatedLinks = new UnauthenticatedLinks(clock)
    const transport: Transport = new transports[scheme === 'tcp' ? 0 : 1]!(
      { localPort: 0 },
      testParts({ clock, unauthenticatedLinks }),
    )
    const far = new Recorder()
    const before = sockets()
    const listener = await transport.listen(new URL(`${scheme}://127.0.0.1:0`), far)
    for (let flap = 0; flap < FLAPS; flap++) {
      const near = new Recorder()
      const link = await transport.dial(listener.endpoint, near, patient())
      link.send([Uint8Array.of(1)])
      await eventually('the datagram arrives', () => far.arrivals.length, flap + 1)
      const half = far.arrivals[flap]!.link
      half.authenticated?.()
      await (flap % 2 === 0 ? link : half).close()
      const told = flap % 2 === 0 ? far : near
      await eventually('the other end is told', () =>
        told.ends.some((end) => end.link === link || end.link === half),
      )
    }
    await listener.close()
    await eventually('all sockets are gone', sockets, before)
    expect(unauthenticatedLinks.size).toBe(0)
    expect(clock.pending).toBe(0)
  },
)

function sockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS)/.test(kind)).length
}
