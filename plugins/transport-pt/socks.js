// @ts-check
import { once } from 'node:events'
import { sourceBytes } from 'qanat/plugin'
import { readBytes } from './read-bytes.js'

/** RFC 1928, RFC 1929 */
const VERSION = 5
const NO_LOGIN = 0
const LOGIN = 2
const LOGIN_VERSION = 1
const CONNECT = 1
const IPV4 = 1
const IPV6 = 4
/** Bytes of a name or a password. */
const MAX_TEXT = 255
const REPLIES = [
  'succeeded',
  'general failure',
  'not allowed',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'timed out',
]

/**
 * Has a pluggable transport connect to an address: its settings are name and password. pt-spec section 3.5
 *
 * @param {import('node:net').Socket} socket
 * @param {import('qanat').Place} place whose host is an address
 * @param {string} settings
 */
export async function connectThrough(socket, place, settings) {
  const bytes = Buffer.from(settings)
  if (bytes.length > 2 * MAX_TEXT) throw new Error(`its settings have ${bytes.length} bytes, of 510`)
  const method = bytes.length === 0 ? NO_LOGIN : LOGIN
  socket.write(Buffer.from([VERSION, 1, method]))
  const [, chosen] = await readBytes(socket, 2)
  if (chosen !== method) throw new Error(`the program chose login method ${chosen}, which was not offered`)
  if (method === LOGIN) {
    const name = bytes.subarray(0, MAX_TEXT)
    const rest = bytes.subarray(MAX_TEXT)
    const password = rest.length === 0 ? Buffer.of(0) : rest
    socket.write(
      Buffer.concat([Buffer.of(LOGIN_VERSION, name.length), name, Buffer.of(password.length), password]),
    )
    const [, status] = await readBytes(socket, 2)
    if (status !== 0) throw new Error('the program refused the settings')
  }
  const port = Buffer.alloc(2)
  port.writeUInt16BE(place.port)
  const address = sourceBytes(place.host)
  const type = address.length === 16 ? IPV6 : IPV4
  socket.write(Buffer.concat([Buffer.of(VERSION, CONNECT, 0, type), address, port]))
  const [, reply, , bound] = await readBytes(socket, 4)
  if (reply !== 0) throw new Error(REPLIES[reply ?? 1] ?? `the program answered ${reply}`)
  await readBytes(socket, (bound === IPV6 ? 16 : 4) + 2)
}

/** @type {(socket: import('node:net').Socket, signal: AbortSignal) => Promise<void>} */
export async function connected(socket, signal) {
  await once(socket, 'connect', { signal })
}
