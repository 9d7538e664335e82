import { isIPv4, isIPv6, type Socket } from 'node:net'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { Credentials } from '../../core/proxy/proxy-url.js'
import { type Failure, failure } from '../../core/reasons/reason.js'
import { abortable } from '../net/within.js'

// RFC 1928
const VERSION = 5
const NO_LOGIN = 0
const USER_AND_PASSWORD = 2
const NO_ACCEPTABLE_METHOD = 0xff
const CONNECT = 1
const ADDRESS_IPV4 = 1
const ADDRESS_NAME = 3
const ADDRESS_IPV6 = 4
/** Bytes of a reply up to and with the first of its address. */
const REPLY_HEAD = 5
const PORT_BYTES = 2
// RFC 1929
const LOGIN_VERSION = 1
/** Versions of its answers: some proxies say that of SOCKS. */
const LOGIN_ANSWERS: readonly number[] = [LOGIN_VERSION, VERSION]
/** What a proxy is asked by user and password. */
export const LOGIN = 'the login'
/** Bytes that a name, a user or a password may have. */
const MAX_TEXT = 255

/** What the codes of a reply mean. RFC 1928 section 6 */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed by its rules',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'time to live expired',
  7: 'command not supported',
  8: 'address type not supported',
}

/** What a SOCKS5 proxy is asked for. */
export interface Socks5Request {
  /** A name, which the proxy resolves, or an address without brackets. */
  readonly host: string
  readonly port: number
  readonly credentials: Credentials | undefined
  /** The proxy as it may be written into logs. */
  readonly shown: string
  /** Is told what the proxy is asked, and has to answer next, with what tells whether a part of the answer came. */
  readonly asking: (what: string, hasBegun: () => boolean) => void
}

/**
 * Has a SOCKS5 proxy connect a socket to a target. Exactly the proxy's answers are read: what follows them stays in
 * the socket. Returns whether the proxy asked for the login.
 *
 * @throws Failure that tells what the proxy refused.
 */
export async function connectThroughSocks5(
  socket: Socket,
  request: Socks5Request,
  signal: AbortSignal,
): Promise<boolean> {
  const { credentials, shown: proxy } = request
  const target = targetBytes(request)
  const method = credentials === undefined ? NO_LOGIN : USER_AND_PASSWORD
  const methods = credentials === undefined ? [NO_LOGIN] : [NO_LOGIN, USER_AND_PASSWORD]
  const ask = (question: string, bytes: Uint8Array): Asked => {
    const asked: Asked = { socket, proxy, question, signal, hasBegun: false }
    request.asking(question, () => asked.hasBegun || socket.readableLength > 0)
    socket.write(bytes)
    return asked
  }
  const greeting = ask('the greeting of SOCKS5', Uint8Array.of(VERSION, methods.length, ...methods))
  const [version, chosen] = await read(greeting, 2)
  if (version !== VERSION) throw notSocks(greeting)
  if (chosen === NO_ACCEPTABLE_METHOD) {
    throw failure(credentials ? 'proxy-takes-no-login' : 'proxy-wants-socks-login', { proxy })
  }
  if (chosen !== NO_LOGIN && chosen !== method)
    throw failure('proxy-login-method', { proxy, method: chosen! })
  if (chosen === USER_AND_PASSWORD) {
    const login = ask(LOGIN, loginBytes(credentials!, proxy))
    const [loginVersion, status] = await read(login, 2)
    if (!LOGIN_ANSWERS.includes(loginVersion!)) throw notSocks(login)
    if (status !== 0) throw failure('proxy-credentials', { proxy })
  }
  const connect = ask('CONNECT', Uint8Array.of(VERSION, CONNECT, 0, ...target))
  const [replyVersion, code, , addressType, first] = await read(connect, REPLY_HEAD)
  if (replyVersion !== VERSION) throw notSocks(connect)
  if (code !== 0)
    throw failure('proxy-refused-code', { proxy, code: code!, meaning: REFUSALS[code!] ?? 'unknown' })
  const rest = addressBytes(addressType!, first!)
  if (rest === undefined) throw notSocks(connect)
  await read(connect, rest - 1 + PORT_BYTES)
  return chosen === USER_AND_PASSWORD
}

/** A question whose answer is read. */
interface Asked {
  readonly socket: Socket
  readonly proxy: string
  readonly question: string
  readonly signal: AbortSignal
  /** Whether a part of its answer was read already. */
  hasBegun: boolean
}

function notSocks({ proxy, question }: Asked): Failure {
  return failure('proxy-not-socks', { proxy, question })
}

function loginBytes({ user, password }: Credentials, proxy: string): Uint8Array {
  return Uint8Array.of(LOGIN_VERSION, ...text(user, 'user', proxy), ...text(password, 'password', proxy))
}

function targetBytes({ host, port, shown }: Socks5Request): number[] {
  const portBytes = [port >>> 8, port & 0xff]
  if (isIPv4(host)) return [ADDRESS_IPV4, ...parseIpAddress(host)!, ...portBytes]
  if (isIPv6(host)) return [ADDRESS_IPV6, ...parseIpAddress(host)!, ...portBytes]
  return [ADDRESS_NAME, ...text(host, 'host name', shown), ...portBytes]
}

/** A text after its length in one byte. */
function text(value: string, what: string, proxy: string): number[] {
  const bytes = Buffer.from(value)
  if (bytes.length === 0 || bytes.length > MAX_TEXT) {
    throw failure('proxy-text-length', { proxy, what, most: MAX_TEXT, bytes: bytes.length })
  }
  return [bytes.length, ...bytes]
}

/** Bytes of the address in a reply, whose first one is the length of a name. Undefined of a type that there is not. */
function addressBytes(type: number, first: number): number | undefined {
  if (type === ADDRESS_IPV4) return 4
  if (type === ADDRESS_IPV6) return 16
  return type === ADDRESS_NAME ? 1 + first : undefined
}

/** The next `count` bytes of an answer, from a socket that is not flowing. */
function read(asked: Asked, count: number): Promise<Uint8Array> {
  const { proxy, question, signal, socket } = asked
  return abortable(signal, (resolve, reject) => {
    const look = () => {
      const bytes = socket.read(count) as Buffer | null
      if (bytes !== null && bytes.length === count) {
        asked.hasBegun = true
        resolve(bytes)
      } else if (bytes !== null || socket.readableEnded) end(bytes !== null)
    }
    const end = (isAmid: boolean) =>
      reject(failure(isAmid || asked.hasBegun ? 'proxy-closed-amid' : 'proxy-closed', { proxy, question }))
    const close = () => end(socket.readableLength > 0)
    const events = [
      ['readable', look],
      ['end', close],
      ['close', close],
    ] as const
    for (const [event, listener] of events) socket.on(event, listener)
    queueMicrotask(look)
    return () => {
      for (const [event, listener] of events) socket.removeListener(event, listener)
    }
  })
}
