import { parseArgs } from 'node:util'
import { silentLogger } from '../../src/core/api/logger.js'
import type { Link, LinkHandlers, Transport } from '../../src/core/api/transport.js'
import { systemClock } from '../../src/core/time/system-clock.js'
import { plainEgress } from '../../src/transports/dialing/plain-egress.js'
import { HttpTransport } from '../../src/transports/http/http.js'
import { PacFiles } from '../../src/transports/pac/pac-files.js'
import { ProxyLogins } from '../../src/transports/proxy/proxy-logins.js'
import { makeStreamParts } from '../../src/transports/streams/stream-parts.js'
import { UnauthenticatedLinks } from '../../src/transports/streams/unauthenticated-links.js'
import { WebSocketTransport } from '../../src/transports/websocket/websocket.js'

/*
 * node dist/bench/posts/bare.js [--megabytes N] [--rounds N] [--only ws,http]
 *
 * What links cost without a tunnel around them, both ends in this process: datagrams of 1,400 bytes, 40 at a time, as long as the
 * link is writable. CPU time per gigabyte means something on a machine that does other work, too.
 */

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '2' },
    only: { type: 'string', default: 'ws,http' },
  },
})
const BYTES = Number(values.megabytes) * 1e6
const BATCH = Array.from({ length: 40 }, () => new Uint8Array(1_400).fill(7))

async function measure(scheme: string): Promise<void> {
  const transport = transportOf(scheme)
  const far = new End()
  const listener = await transport.listen(new URL('ws://127.0.0.1:0/tunnel'), far)
  const endpoint = new URL(listener.endpoint)
  endpoint.protocol = `${scheme}:`
  const near = new End()
  const step = () => {}
  const link = await transport.dial(endpoint, near, { signal: new AbortController().signal, step })
  link.send([new Uint8Array(1)])
  await far.came(1)
  const back = far.link!
  back.authenticated?.()
  back.send([new Uint8Array(1)])
  await near.came(1)
  for (const [way, from, sender, to] of [
    ['up', link, near, far],
    ['down', back, far, near],
  ] as const) {
    await flood(from, sender, to, BYTES / 10)
    const cpu = process.cpuUsage()
    const begun = performance.now()
    const bytes = await flood(from, sender, to, BYTES)
    const took = (performance.now() - begun) / 1e3
    const { system, user } = process.cpuUsage(cpu)
    const perGigabyte = ((user + system) / 1e6 / bytes) * 1e9
    const cells = [way, perGigabyte.toFixed(2), ((bytes * 8) / took / 1e6).toFixed(0)]
    say(scheme.padEnd(8) + cells.map((cell) => cell.padStart(9)).join(''))
  }
  await Promise.all([link.close(), listener.close()])
}

/** Sends so many bytes, and waits until all that were not dropped have come. */
async function flood(link: Link, sender: End, receiver: End, bytes: number): Promise<number> {
  const until = receiver.bytes + bytes
  while (receiver.bytes < until) {
    for (let batches = 0; link.writable && batches < 8; batches++) link.send(BATCH)
    await (link.writable ? new Promise((resolve) => setImmediate(resolve)) : sender.drains())
  }
  return bytes
}

class End implements LinkHandlers {
  bytes = 0
  link: Link | undefined
  #waiting: (() => void)[] = []

  receive(link: Link, datagrams: readonly Uint8Array[]): void {
    this.link = link
    for (const { length } of datagrams) this.bytes += length
    this.#wake()
  }

  drained(): void {
    this.#wake()
  }

  closed(): void {}

  failed(error: Error): void {
    throw error
  }

  async came(bytes: number): Promise<void> {
    while (this.bytes < bytes) await this.drains()
  }

  drains(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

function transportOf(scheme: string): Transport {
  const parts = makeStreamParts({
    clock: systemClock,
    log: silentLogger,
    unauthenticatedLinks: new UnauthenticatedLinks(systemClock),
    egress: plainEgress,
    proxyLogins: new ProxyLogins(systemClock),
    pacFiles: new PacFiles(systemClock),
  })
  const settings = { localPort: 0 }
  const webSockets = new WebSocketTransport(settings, parts)
  return scheme === 'ws' ? webSockets : new HttpTransport(settings, parts, webSockets)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

say('carrier    way   CPU s/GB   Mbit/s')
for (let round = 0; round < Number(values.rounds); round++) {
  for (const scheme of values.only.split(',')) await measure(scheme)
}
process.exit()
