import { join } from 'node:path'
import { afterEach, expect, it, type Mock, vi } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { fixture } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Transport } from '../../../src/core/api/transport.js'
import type { TransportSettings } from '../../../src/core/settings/transport-settings.js'
import {
  DEFAULT_UNAUTHENTICATED_LIMITS,
  UnauthenticatedLinks,
} from '../../../src/transports/streams/unauthenticated-links.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { testParts } from '../../support/stream-test-parts.js'

/** Connections that never prove anything. */
const SLOW = 5_000
/** KiB that one of them may cost, in use and of RSS; how many are measured; and milliseconds that this may take. */
const MEMORY_LIMIT = 16
const MEASURED = 200
const PATIENCE = 300_000
vi.setConfig({ testTimeout: PATIENCE + 10_000 })
const BENCHMARK = join(import.meta.dirname, '../../../dist/bench/slow-clients.js')
/** What may become a length, a request, or a ClientHello. */
const BYTE = { tcp: '1', ws: '71', wss: '22' }
/**
 * Strangers that are let in at the most while a legitimate client connects and is heard: those that came before it and wait
 * in the listener's backlog, and as many after it as there may be before it would be closed as the oldest.
 */
const MOST_MEANWHILE = 1_024 + DEFAULT_UNAUTHENTICATED_LIMITS.total

const disposals: (() => unknown)[] = []

afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

describeWhere(
  ['program openssl'],
  `a server with ${SLOW} clients that send nothing, or a byte a second`,
  () => {
    for (const scheme of ['tcp', 'ws', 'wss'] as const) {
      it(`still hears a legitimate client over ${scheme}, and is rid of the others after 10 s`, async () => {
        const authority = new TestAuthority()
        disposals.push(() => authority.remove())
        const tls = { ...authority.issue('127.0.0.1') }
        const clock = new VirtualClock()
        const unauthenticatedLinks = new UnauthenticatedLinks(clock)
        const admit = vi.spyOn(unauthenticatedLinks, 'admit')
        const heard = new Recorder()
        const server = create(scheme, { localPort: 0, tls }, testParts({ clock, unauthenticatedLinks }))
        const listener = await server.listen(new URL(`${scheme}://127.0.0.1:0`), heard)
        disposals.push(() => listener.close())

        const { port } = listener.endpoint
        const slow = new Program(process.execPath, [
          fixture('slow-clients.mjs'),
          port,
          String(SLOW),
          BYTE[scheme],
        ])
        disposals.push(() => slow.kill('SIGKILL'))
        await eventually(
          'the flood has begun',
          () => unauthenticatedLinks.size,
          (count) => count > 100,
        )
        const client = create(scheme, { localPort: 0, tls: { ca: authority.ca } }, testParts())
        const first = await connects(client, listener.endpoint, heard, admit)
        await slow.line('opened', 'stdout')
        expect(unauthenticatedLinks.size).toBe(DEFAULT_UNAUTHENTICATED_LIMITS.total)
        const second = await connects(client, listener.endpoint, heard, admit)

        clock.advance(DEFAULT_UNAUTHENTICATED_LIMITS.patience)
        expect(unauthenticatedLinks.size).toBe(0)
        await slow.line('closed', 'stdout')
        for (const link of [first, second]) await answers(link, heard)
      })
    }

    it(
      `has ${MEMORY_LIMIT} KiB at most of each`,
      async ({ annotate }) => {
        const report = await new Program(process.execPath, [BENCHMARK, String(MEASURED)]).output(PATIENCE)
        await annotate(report)
        const slow = [...report.matchAll(/sends (?:nothing|a byte a second|half a \S+) +(\S+) +(\S+)$/gm)]
        expect(slow).toHaveLength(9)
        for (const [, inUse, resident] of slow) {
          expect(Number(inUse)).toBeLessThanOrEqual(MEMORY_LIMIT)
          expect(Number(resident)).toBeLessThanOrEqual(MEMORY_LIMIT)
        }
      },
      PATIENCE + 60_000,
    )
  },
)

function create(scheme: string, settings: TransportSettings, parts: ReturnType<typeof testParts>): Transport {
  return scheme === 'tcp' ? new TcpTransport(settings, parts) : new WebSocketTransport(settings, parts)
}

/** Connects and proves itself, while the server lets in no more strangers than it may. */
async function connects(
  client: Transport,
  endpoint: URL,
  heard: Recorder,
  admit: Mock<UnauthenticatedLinks['admit']>,
) {
  const before = admit.mock.calls.length
  const link = await client.dial(endpoint, new Recorder(), new AbortController().signal)
  disposals.push(() => link.close())
  await answers(link, heard)
  expect(admit.mock.calls.length - before).toBeLessThanOrEqual(MOST_MEANWHILE)
  return link
}

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
