import { isIPv4, isIPv6, type Socket } from 'node:net'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { abortable } from '../net/within.js'
import type { Credentials } from './choose-proxy.js'

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
  /** Is told what the proxy is asked, and has to answer next. */
  readonly asking: (what: string) => void
}

/**
 * Has a SOCKS5 proxy connect a socket to a target. Exactly the proxy's answers are read: what follows them stays in
 * the socket.
 *
 * @throws Error that tells what the proxy refused, to be read after its name.
 */
export async function connectThroughSocks5(
  socket: Socket,
  request: Socks5Request,
  signal: AbortSignal,
): Promise<void> {
  const { asking, credentials } = request
  const target = targetBytes(request)
  const method = credentials === undefined ? NO_LOGIN : USER_AND_PASSWORD
  const methods = credentials === undefined ? [NO_LOGIN] : [NO_LOGIN, USER_AND_PASSWORD]
  asking('the greeting of SOCKS5')
  socket.write(Uint8Array.of(VERSION, methods.length, ...methods))
  const [version, chosen] = await read(socket, 2, signal)
  if (version !== VERSION) throw new Error('sent something that is not SOCKS5')
  if (chosen === NO_ACCEPTABLE_METHOD) {
    throw new Error(
      credentials
        ? 'does not take a user name and a password'
        : 'requires a user name and a password, or another login method',
    )
  }
  if (chosen !== NO_LOGIN && chosen !== method)
    throw new Error(`chose login method ${chosen}, which was not offered`)
  if (chosen === USER_AND_PASSWORD) {
    asking('the login')
    await logIn(socket, credentials!, signal)
  }
  asking('CONNECT')
  socket.write(Uint8Array.of(VERSION, CONNECT, 0, ...target))
  const [replyVersion, code, , addressType, first] = await read(socket, REPLY_HEAD, signal)
  if (replyVersion !== VERSION) throw new Error('sent something that is not SOCKS5')
  if (code !== 0) throw new Error(`refused with code ${code}: ${REFUSALS[code!] ?? 'unknown'}`)
  await read(socket, addressBytes(addressType!, first!) - 1 + PORT_BYTES, signal)
}

async function logIn(socket: Socket, { user, password }: Credentials, signal: AbortSignal): Promise<void> {
  socket.write(Uint8Array.of(LOGIN_VERSION, ...text(user, 'user'), ...text(password, 'password')))
  const [, status] = await read(socket, 2, signal)
  if (status !== 0) throw new Error('rejected the user name and the password')
}

function targetBytes({ host, port }: Socks5Request): number[] {
  const portBytes = [port >>> 8, port & 0xff]
  if (isIPv4(host)) return [ADDRESS_IPV4, ...parseIpAddress(host)!, ...portBytes]
  if (isIPv6(host)) return [ADDRESS_IPV6, ...parseIpAddress(host)!, ...portBytes]
  return [ADDRESS_NAME, ...text(host, 'host name'), ...portBytes]
}

/** A text after its length in one byte. */
function text(value: string, what: string): number[] {
  const bytes = Buffer.from(value)
  if (bytes.length === 0 || bytes.length > MAX_TEXT) {
    throw new Error(
      `cannot be asked: SOCKS5 takes a ${what} of 1 to ${MAX_TEXT} bytes, and it has ${bytes.length}`,
    )
  }
  return [bytes.length, ...bytes]
}

/** Bytes of the address in a reply, whose first one is the length of a name. */
function addressBytes(type: number, first: number): number {
  if (type === ADDRESS_IPV4) return 4
  if (type === ADDRESS_IPV6) return 16
  if (type === ADDRESS_NAME) return 1 + first
  throw new Error('sent something that is not SOCKS5')
}

/** The next `count` bytes of a socket that is not flowing. */
function read(socket: Socket, count: number, signal: AbortSignal): Promise<Uint8Array> {
  return abortable(signal, (resolve, reject) => {
    const look = () => {
      const bytes = socket.read(count) as Buffer | null
      if (bytes !== null && bytes.length === count) resolve(bytes)
      else if (bytes !== null || socket.readableEnded) end()
    }
    const end = () => reject(new Error('closed the connection in the middle of its answer'))
    const events = [
      ['readable', look],
      ['end', end],
      ['close', end],
    ] as const
    for (const [event, listener] of events) socket.on(event, listener)
    queueMicrotask(look)
    return () => {
      for (const [event, listener] of events) socket.removeListener(event, listener)
    }
  })
}
