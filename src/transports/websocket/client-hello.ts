import type { Socket } from 'node:net'

// RFC 8446 section 5.1
const HANDSHAKE = 22
const LENGTH_HIGH = 3
const LENGTH_LOW = 4
const RECORD_HEADER = 5
/** Bytes that are kept: those of browsers have two thousand. What is longer is OpenSSL's matter at once. */
const MAX_KEPT = 4_096

/**
 * Calls `then` once a whole ClientHello has come by a socket that nobody reads yet, or what can be none; it is put
 * back, to be read first. Until then the connection costs a bare socket, and not the 40 KiB of OpenSSL's state: who
 * sends nothing, or a byte a second, gets no further. The acceptor of the socket bounds how long it may take.
 */
export function afterClientHello(socket: Socket, then: () => void): void {
  let come: Buffer | undefined
  const look = () => {
    const bytes = socket.read() as Buffer | null
    if (bytes === null) return // it has ended, or is about to
    come = come === undefined ? bytes : Buffer.concat([come, bytes])
    if (lacksBytes(come)) return
    socket.removeListener('readable', look)
    socket.unshift(come)
    then()
  }
  socket.on('readable', look)
}

/** Whether this is the beginning of a record of a handshake. */
function lacksBytes(bytes: Uint8Array): boolean {
  if (bytes[0] !== HANDSHAKE) return false
  if (bytes.length < RECORD_HEADER) return true
  const length = RECORD_HEADER + ((bytes[LENGTH_HIGH]! << 8) | bytes[LENGTH_LOW]!)
  return bytes.length < length && length <= MAX_KEPT
}
