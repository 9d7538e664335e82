import { createHash } from 'node:crypto'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { HEAD_BYTES, readHead, writeHead } from '../../../src/transports/http/session/wire.js'
import { afterTest } from '../after-test.js'
import { type Carrier, isAsked, type Kind, type Script, type Stage } from './cell.js'

/** The datagram by which a peer proves itself. */
export const PROOF = 2

const PAGE = '<!DOCTYPE html><html><head><title>Welcome</title></head><body>Log in</body></html>'
const PAGE_ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${PAGE.length}\r\n\r\n${PAGE}`
/** What a server of another kind says. */
const BANNER = 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'
const CHALLENGE =
  'HTTP/1.1 407 Who are you?\r\nProxy-Authenticate: Basic realm="it"\r\nContent-Length: 0\r\n\r\n'
/** A fatal alert of TLS: handshake_failure. RFC 8446 section 6 */
const ALERT = Buffer.from('15030300020228', 'hex')
/** How a ServerHello begins. RFC 8446 section 4.1.3 */
const SERVER_HELLO = Buffer.from('160303007a020000760303', 'hex')
const SOCKS_LOGIN = 2
const WINDOW = 256 * 1024

/** What the proxy and the server show by TLS. */
export type Contexts = Readonly<Record<'proxy' | 'server', tls.SecureContext>>

/** One server that is the proxy and the server behind it by turns, over any number of connections. */
export interface PlayedServer {
  readonly port: number
  /** Whether it did what the cell says. */
  readonly isPlayed: () => boolean
  /** Which stages were asked of it, in their order. */
  readonly asked: Stage[]
  /** Bytes that it wrote to its connections. */
  readonly written: () => number
  readonly sockets: readonly net.Socket[]
}

/** Plays the stages of a cell's way, all of them well but the cell's; all if its stage is never come to. */
export async function playedServer(cell: Script, contexts: Contexts): Promise<PlayedServer> {
  const sockets: net.Socket[] = []
  const asked: Stage[] = []
  let isPlayed = false
  const server = net.createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    const played = new Played(cell, contexts, (stage) => asked.push(stage))
    played.on(socket).then(
      (isBad) => {
        isPlayed ||= isBad
      },
      () => {}, // the client is gone
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    isPlayed: () => isPlayed,
    asked,
    written: () => sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    sockets,
  }
}

/** One connection. */
class Played {
  readonly #cell: Script
  readonly #contexts: Contexts
  readonly #asked: (stage: Stage) => void

  constructor(cell: Script, contexts: Contexts, asked: (stage: Stage) => void) {
    this.#cell = cell
    this.#contexts = contexts
    this.#asked = asked
  }

  /** Resolves with whether it came to the stage of the cell, and did there what the cell says. */
  async on(socket: net.Socket): Promise<boolean> {
    const { carrier, proxy } = this.#cell
    let stream: Duplex = socket
    if (proxy === 'https') {
      if (await this.#isBad(stream, 'TLS to the proxy')) return true
      stream = await secure(stream, this.#contexts.proxy)
    }
    if (proxy === 'socks5') {
      if (await this.#socks(stream)) return true
    } else if (proxy !== 'direct' && !isAsked(this.#cell)) {
      if (await this.#connect(stream)) return true
    }
    if (carrier === 'wss' || carrier === 'https') {
      if (await this.#isBad(stream, 'TLS')) return true
      stream = await secure(stream, this.#contexts.server)
    }
    if (carrier === 'tcp') return this.#handshake(stream)
    return carrier === 'ws' || carrier === 'wss' ? this.#webSocket(stream) : this.#posts(stream)
  }

  async #socks(stream: Duplex): Promise<boolean> {
    const isLogin = this.#cell.stage === 'login'
    await take(stream, ([, methods]) => (methods === undefined ? undefined : 2 + methods))
    if (this.#plays(stream, 'greeting', Uint8Array.of(5, isLogin ? SOCKS_LOGIN : 0), Uint8Array.of(5, 255)))
      return true
    if (isLogin) {
      await take(stream, (bytes) => {
        const user = bytes[1]
        const password = user === undefined ? undefined : bytes[2 + user]
        return password === undefined ? undefined : 3 + user! + password
      })
      if (this.#plays(stream, 'login', Uint8Array.of(1, 0), Uint8Array.of(1, 1))) return true
    }
    await take(stream, (bytes) => (bytes.length > 9 ? bytes.length : undefined))
    const reply = (code: number) => Uint8Array.of(5, code, 0, 1, 127, 0, 0, 1, 0, 1)
    return this.#plays(stream, 'CONNECT', reply(0), reply(5))
  }

  async #connect(stream: Duplex): Promise<boolean> {
    const stage = this.#cell.stage === 'login' ? 'login' : 'CONNECT'
    for (;;) {
      const request = (await take(stream, endOfHead)).toString('latin1')
      if (stage !== 'login' || request.includes('Proxy-Authorization')) break
      stream.write(CHALLENGE)
    }
    const refusal = stage === 'login' ? CHALLENGE : 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'
    return this.#plays(stream, stage, 'HTTP/1.1 200 Connection established\r\n\r\n', refusal)
  }

  async #webSocket(stream: Duplex): Promise<boolean> {
    const request = (await take(stream, endOfHead)).toString('latin1')
    const key = /Sec-WebSocket-Key: (\S+)/i.exec(request)![1]
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    const answer = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
    const refusal = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'
    return this.#plays(stream, 'upgrade', answer, refusal) || this.#handshake(stream)
  }

  async #handshake(stream: Duplex): Promise<boolean> {
    await take(stream, (bytes) => (bytes.length > 2 ? bytes.length : undefined))
    const isTcp = this.#cell.carrier === 'tcp'
    const good = isTcp ? [0, 1, PROOF] : [0x82, 1, PROOF]
    // A close with code 1008: policy violation. RFC 6455 section 7.4.1
    return this.#plays(stream, 'handshake', Uint8Array.from(good), Uint8Array.of(0x88, 2, 3, 0xf0))
  }

  /** Answers posts until one is the cell's. */
  async #posts(stream: Duplex): Promise<boolean> {
    for (;;) {
      const head = (await take(stream, endOfHead)).toString('latin1')
      const length = Number(/Content-Length: (\d+)/i.exec(head)![1])
      const body = await take(stream, () => length)
      if (this.#cell.stage === 'login' && !head.includes('Proxy-Authorization') && isAsked(this.#cell)) {
        stream.write(CHALLENGE)
        continue
      }
      const { kind, session } = readHead(body.subarray(0, HEAD_BYTES))!
      const whole = {
        kind: 'whole',
        flags: 0,
        session,
        ack: length - HEAD_BYTES,
        offset: 0,
        window: WINDOW,
      } as const
      const proof = kind === 'up' ? Uint8Array.of(0, 1, PROOF) : new Uint8Array()
      const content = Buffer.concat([writeHead(whole), proof])
      const good = Buffer.concat([answerHead(content.length), content])
      const stage =
        kind !== 'open' ? 'handshake' : this.#cell.stage === 'login' && isAsked(this.#cell) ? 'login' : 'open'
      const refusal = stage === 'login' ? CHALLENGE : 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'
      if (kind === 'down' && this.#cell.stage !== 'handshake') return false // held for ever
      if (this.#plays(stream, stage, good, refusal)) return true
    }
  }

  /** Whether the stage, which has its answer and its refusal by bytes, is the cell's; then that is done. */
  #plays(stream: Duplex, stage: Stage, good: string | Uint8Array, refusal: string | Uint8Array): boolean {
    this.#asked(stage)
    const { carrier, kind } = this.#cell
    if (stage !== this.#cell.stage || kind === undefined) {
      stream.write(good)
      return false
    }
    if (stage === 'handshake' && kind === 'slow') stream.write(good)
    else misbehave(stream, kind, { part: good.slice(0, Math.ceil(good.length / 3)), refusal, stage, carrier })
    return true
  }

  /** Whether TLS is the stage of the cell; then that is done. */
  async #isBad(stream: Duplex, stage: Stage): Promise<boolean> {
    const { carrier, kind } = this.#cell
    if (stage !== this.#cell.stage || kind === undefined) {
      this.#asked(stage)
      return false
    }
    await take(stream, (bytes) => (bytes.length > 0 ? bytes.length : undefined))
    this.#asked(stage)
    misbehave(stream, kind, { part: SERVER_HELLO, refusal: ALERT, stage, carrier })
    return true
  }
}

interface Said {
  readonly part: string | Uint8Array
  readonly refusal: string | Uint8Array
  readonly stage: Stage
  readonly carrier: Carrier
}

function misbehave(stream: Duplex, kind: Kind, { carrier, part, refusal, stage }: Said): void {
  if (kind === 'slow') stream.write(part)
  else if (kind === 'refused' && stage === 'handshake') stream.end(refusal)
  else if (kind === 'refused') stream.write(refusal)
  else if (kind === 'cut') stream.destroy()
  else if (kind !== 'silent') {
    const text = kind === 'page' ? PAGE_ANSWER : BANNER
    const isFramed = stage === 'handshake' && (carrier === 'ws' || carrier === 'wss')
    stream.write(isFramed ? Buffer.concat([Uint8Array.of(0x81, 17), Buffer.from(text.slice(0, 17))]) : text)
  }
}

function answerHead(length: number): Uint8Array {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length}\r\n\r\n`,
  )
}

function endOfHead(bytes: Buffer): number | undefined {
  const at = bytes.indexOf('\r\n\r\n')
  return at < 0 ? undefined : at + 4
}

/** The bytes up to where they end; what came behind them is left in the stream. */
async function take(stream: Duplex, end: (bytes: Buffer) => number | undefined): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  for (;;) {
    const at = end(bytes)
    if (at !== undefined && at <= bytes.length) {
      if (at < bytes.length) stream.unshift(bytes.subarray(at))
      return bytes.subarray(0, at)
    }
    const chunk = stream.read() as Buffer | null
    if (chunk !== null) bytes = Buffer.concat([bytes, chunk])
    else if (stream.readableEnded || stream.destroyed) throw new Error('the client is gone')
    else
      await new Promise<void>((resolve) => {
        const events = ['readable', 'end', 'close'] as const
        const look = () => {
          for (const event of events) stream.off(event, look)
          resolve()
        }
        for (const event of events) stream.on(event, look)
      })
  }
}

async function secure(stream: Duplex, secureContext: tls.SecureContext): Promise<tls.TLSSocket> {
  const secured = new tls.TLSSocket(stream as net.Socket, {
    ...{ isServer: true, secureContext, ALPNProtocols: ['http/1.1'] },
  })
  secured.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    secured.once('secure', resolve)
    secured.once('close', () => reject(new Error('the client is gone')))
  })
  return secured
}
