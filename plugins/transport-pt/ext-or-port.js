// @ts-check
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { parseAddress } from './address.js'
import { readBytes } from './read-bytes.js'

/** Torspec's ext-orport-spec.md: what a cookie begins with, its bytes, and those of a nonce and a hash. */
const HEADER = Buffer.from('! Extended ORPort Auth Cookie !\n')
const COOKIE_BYTES = 32
const NONCE_BYTES = 32
const SAFE_COOKIE = 1
const NO_MORE_TYPES = 0
/** Commands, and answers. */
const DONE = 0x0000
const USERADDR = 0x0001
const OKAY = 0x1000
/** Bytes before the body of a command, and of the longest one; commands before the last. */
const COMMAND_HEADER = 4
const MAX_BODY = 1_024
const MAX_COMMANDS = 16

/** The far end of a pluggable transport's server: it tells where a client comes from before it hands on what that sends. */
export class ExtOrPort {
  #cookie = randomBytes(COOKIE_BYTES)

  /** What only the program may read. */
  get cookieFile() {
    return Buffer.concat([HEADER, this.#cookie])
  }

  /**
   * Reads what comes before a client's own bytes. Rejects if it is not from who knows the cookie.
   *
   * @param {import('node:net').Socket} socket
   * @returns {Promise<import('qanat').Place | undefined>} where the client is, if the program tells
   */
  async greet(socket) {
    socket.write(Buffer.of(SAFE_COOKIE, NO_MORE_TYPES))
    const [type] = await readBytes(socket, 1)
    if (type !== SAFE_COOKIE)
      throw new Error(`it chose type ${type} of authentication, which was not offered`)
    const theirs = await readBytes(socket, NONCE_BYTES)
    const ours = randomBytes(NONCE_BYTES)
    socket.write(Buffer.concat([this.#hash('server-to-client', theirs, ours), ours]))
    const hash = await readBytes(socket, COOKIE_BYTES)
    const knows = timingSafeEqual(hash, this.#hash('client-to-server', theirs, ours))
    socket.write(Buffer.of(knows ? 1 : 0))
    if (!knows) throw new Error('it does not know the cookie')
    return this.#client(socket)
  }

  /** @type {(socket: import('node:net').Socket) => Promise<import('qanat').Place | undefined>} */
  async #client(socket) {
    /** @type {import('qanat').Place | undefined} */
    let client
    for (let count = 0; count < MAX_COMMANDS; count++) {
      const header = await readBytes(socket, COMMAND_HEADER)
      const command = header.readUInt16BE(0)
      const length = header.readUInt16BE(2)
      if (length > MAX_BODY) throw new Error(`its command ${command} has ${length} bytes`)
      const body = length === 0 ? Buffer.of() : await readBytes(socket, length)
      if (command === USERADDR) client = parseAddress(body.toString('latin1'))
      if (command !== DONE) continue
      const okay = Buffer.alloc(COMMAND_HEADER)
      okay.writeUInt16BE(OKAY)
      socket.write(okay)
      return client
    }
    throw new Error('its commands do not end')
  }

  /** @type {(way: string, theirs: Uint8Array, ours: Uint8Array) => Buffer} */
  #hash(way, theirs, ours) {
    const hmac = createHmac('sha256', this.#cookie)
    return hmac.update(`ExtORPort authentication ${way} hash`).update(theirs).update(ours).digest()
  }
}
