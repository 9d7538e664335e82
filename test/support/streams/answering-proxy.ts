import type net from 'node:net'
import type { ProxySettings } from '../../../src/core/settings/transport-settings.js'
import type { Clock } from '../../../src/core/time/clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { Dialer } from '../../../src/transports/dialing/dialer.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import type { Egress } from '../../../src/transports/net/egress.js'
import { PacFiles } from '../../../src/transports/pac/pac-files.js'
import { ProxyLogins } from '../../../src/transports/proxy/proxy-logins.js'
import { afterTest } from '../after-test.js'
import { type HandMadeServer, handMadeServer } from '../hand-made-server.js'
import { limitedWait } from './dial-wait.js'

export const SECRET = 'canary-password'
export const OK = 'HTTP/1.1 200 Connection established\r\n\r\n'
export const BASIC = `Proxy-Authorization: Basic ${Buffer.from(`user:${SECRET}`).toString('base64')}`
export const FORBIDDEN = 'HTTP/1.1 403 Forbidden\r\n\r\n'

/** Writes a text byte by byte, each in a segment of its own as far as the host lets it be. */
export async function drip(socket: net.Socket, text: string): Promise<void> {
  socket.setNoDelay(true)
  for (const byte of Buffer.from(text, 'latin1')) {
    await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve))
  }
}

/** A refusal with these challenges. */
export function challenge(...offers: string[]): string {
  const headers = offers.map((offer) => `Proxy-Authenticate: ${offer}\r\n`).join('')
  return `HTTP/1.1 407 Proxy Authentication Required\r\n${headers}Content-Length: 4\r\n\r\nbody`
}

type Answer = (request: string, number: number, socket: net.Socket) => string | undefined

/** A proxy that gives the answer to each whole request; `requests` has them in order, whichever their connections. */
export async function answering(
  answer: Answer,
  {
    login = `user:${SECRET}@`,
    clock = systemClock,
    host = '127.0.0.1',
    egress = plainEgress,
    settings = {},
  }: {
    login?: string
    clock?: Clock
    host?: string
    egress?: Egress
    settings?: Pick<ProxySettings, 'auth' | 'headers'>
  } = {},
) {
  const requests: string[] = []
  const proxy: HandMadeServer = await handMadeServer((socket, received) => {
    if (!received.endsWith('\r\n\r\n')) return
    const number = requests.push(received.split('\r\n\r\n').at(-2)!) - 1
    const text = answer(requests[number]!, number, socket)
    if (text !== undefined) socket.write(text, 'latin1')
  })
  afterTest(() => proxy.close())
  const proxyLogins = new ProxyLogins(clock)
  const opener = new Dialer(
    { localPort: 0, proxy: { ...settings, url: new URL(`http://${login}${host}:${proxy.port}`) } },
    { clock, tune() {}, egress, proxyLogins, pacFiles: new PacFiles(clock), native: undefined },
  )
  const open = async (endpoint = 'tcp://vpn.invalid:1337', signal?: AbortSignal) => {
    const wait = limitedWait(clock, endpoint)
    const opening = opener.open(new URL(endpoint), { ...wait, ...(signal && { signal }) })
    const socket = await opening.finally(() => wait.end())
    afterTest(() => socket.destroy())
    return socket
  }
  return { proxy, open, requests, proxyLogins, settings }
}
