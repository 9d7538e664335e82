import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, vi } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { within } from '../../../lab/deadline.js'
import { fixture } from '../../../lab/lab.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Link, Transport } from '../../../src/core/api/transport.js'
import type { OptionGroups } from '../../../src/core/settings/option-groups.js'
import type { TransportSettings } from '../../../src/core/settings/transport-settings.js'
import {
  DEFAULT_UNAUTHENTICATED_LIMITS,
  UnauthenticatedLinks,
} from '../../../src/transports/streams/unauthenticated-links.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

/** Connections that never prove anything. */
const SLOW = 5_000
/** Of them, those that come at a time: fewer than the backlog of a listener holds, beyond which the kernel lets nobody in. */
const WAVE = 500
/** How a datagram, a request or a ClientHello begins: nothing that a server would hang up on before its time. */
const BEGINNING = {
  tcp: Buffer.of(5, 0x78),
  ws: Buffer.from('GET /tunnel HTTP/1.1\r\nHost: localhost'),
  wss: Buffer.of(22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3),
}

describeWhere(
  ['program openssl'],
  `a server with ${SLOW} clients that send nothing, or a byte a second`,
  () => {
    for (const scheme of ['tcp', 'ws', 'wss'] as const) {
      it(`still hears a legitimate client over ${scheme}, and is rid of the others after 10 s`, async () => {
        const authority = new TestAuthority()
        const tls = { ...authority.issue('127.0.0.1') }
        const clock = new VirtualClock()
        const unauthenticatedLinks = new UnauthenticatedLinks(clock)
        const admit = vi.spyOn(unauthenticatedLinks, 'admit')
        const heard = new Recorder()
        const server = create(scheme, { localPort: 0, tls }, testParts({ clock, unauthenticatedLinks }))
        const listener = await server.listen(new URL(`${scheme}://127.0.0.1:0`), heard)
        afterTest(() => listener.close())

        const { port } = listener.endpoint
        const slow = fork(fixture('crowds/slow-clients.mjs'), [port, BEGINNING[scheme].toString('hex')])
        afterTest(() => slow.kill('SIGKILL'))
        const client = create(scheme, { localPort: 0, tls: { ca: authority.ca } }, testParts())
        const links: Link[] = []
        for (let unknownClients = WAVE; unknownClients <= SLOW; unknownClients += WAVE) {
          // Half of a wave comes while a client connects, half while it has not proven itself yet.
          const half = told(slow, WAVE / 2)
          const link = await client.dial(listener.endpoint, new Recorder(), patient())
          afterTest(() => link.close())
          links.push(link)
          await half
          await told(slow, WAVE / 2)
          const all = unknownClients + links.length
          await eventually(`${all} connections are let in`, () => admit.mock.calls.length, all)
          await answers(link, heard)
          expect(unauthenticatedLinks.size).toBe(
            Math.min(unknownClients, DEFAULT_UNAUTHENTICATED_LIMITS.total - 1),
          )
        }

        clock.advance(DEFAULT_UNAUTHENTICATED_LIMITS.patience)
        expect(unauthenticatedLinks.size).toBe(0)
        await told(slow, 0)
        for (const link of links) await answers(link, heard)
      })
    }
  },
)

function create(
  scheme: string,
  settings: TransportSettings & OptionGroups,
  parts: ReturnType<typeof testParts>,
): Transport {
  return scheme === 'tcp' ? new TcpTransport(settings, parts) : new WebSocketTransport(settings, parts)
}

/** Tells slow clients how many more there are to be, or 0 for until none is left, and waits until they are. */
async function told(slow: ChildProcess, count: number): Promise<void> {
  const done = once(slow, 'message')
  slow.send(count)
  await within(done, count > 0 ? `${count} slow clients` : 'the end of all slow clients')
}

/** Sends a datagram, which is heard and proves who sent it. */
async function answers(
  link: { send(datagrams: readonly Uint8Array[]): void },
  heard: Recorder,
): Promise<void> {
  const before = heard.arrivals.length
  link.send([Uint8Array.of(before)])
  await eventually(
    'the datagram arrives',
    () => heard.arrivals.length,
    (count) => count > before,
  )
  heard.arrivals[before]!.link.authenticated?.()
}
