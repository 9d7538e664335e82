import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../../../src/core/time/clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { Dialer } from '../../../src/transports/dialing/dialer.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import type { Egress } from '../../../src/transports/net/egress.js'
import { PacFiles } from '../../../src/transports/pac/pac-files.js'
import { ProxyLogins } from '../../../src/transports/proxy/proxy-logins.js'
import { afterTest } from '../after-test.js'
import { handMadeServer } from '../hand-made-server.js'
import { limitedWait } from './dial-wait.js'

/** What runs scripts, as it is packed: threads take no TypeScript. */
export const WORKER = join(import.meta.dirname, '../../../dist/program/pac-worker.js')
export const ENDPOINT = 'tcp://vpn.invalid:1337/'
const OK = 'HTTP/1.1 200 Connection established\r\n\r\n'

/** A PAC file's text that answers always the same. */
export const answering = (answer: string) =>
  `function FindProxyForURL(url, host) { return ${JSON.stringify(answer)} }`

/** A server of a PAC file on loopback, and how often it was asked. */
export async function pacServer(
  answer: (request: http.IncomingMessage, response: http.ServerResponse) => void,
) {
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    asked.push(request.url!)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { asked, url: `pac+http://127.0.0.1:${port}/proxy.pac`, port }
}

/** A proxy that connects to nothing and says it did; `requests` are those of CONNECT. */
export async function agreeingProxy(answer = OK) {
  const server = await handMadeServer((socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.write(answer)
  })
  afterTest(() => server.close())
  return { at: `127.0.0.1:${server.port}`, requests: server.received }
}

/** Dials by a PAC file: its URL, or its text. */
export function pacDialer(
  named:
    | {
        readonly url: string
        readonly further?: readonly string[]
        readonly headers?: Record<string, string>
      }
    | string,
  { clock = systemClock, egress = plainEgress }: { readonly clock?: Clock; readonly egress?: Egress } = {},
) {
  const pacFiles = new PacFiles(clock, WORKER)
  const {
    url,
    further = [],
    headers,
  } = typeof named === 'string' ? { url: 'pac+file:proxy.pac', headers: undefined } : named
  const proxy = {
    url: new URL(url),
    headers,
    ...(further.length > 0 && { further: further.map((text) => new URL(text)) }),
    ...(typeof named === 'string' && { script: named }),
  }
  const parts = { clock, egress, tune() {}, native: undefined, proxyLogins: new ProxyLogins(clock), pacFiles }
  const dialer = new Dialer({ localPort: 0, proxy }, parts)
  const open = async (endpoint = ENDPOINT) => {
    const wait = limitedWait(clock, endpoint)
    const socket = await dialer.open(new URL(endpoint), wait).finally(() => wait.end())
    afterTest(() => socket.destroy())
    return socket
  }
  return { open, pacFiles, dialer }
}
