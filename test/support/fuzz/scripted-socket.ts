import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** A connection in memory whose far end answers what is written with these pieces, whatever it is, and hangs up. */
export function scriptedSocket(pieces: readonly Uint8Array[]): Socket {
  let begun = false
  const duplex: Duplex = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done()
      if (begun) return
      begun = true
      for (const piece of pieces) setImmediate(() => duplex.push(piece))
      setImmediate(() => duplex.push(null))
    },
  })
  duplex.on('error', () => {})
  return duplex as Socket
}
