import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { hashOf } from './content.js'

/** Where the far program listens, for datagrams and for connections. */
export const FAR_PORT = 7

/** What the far program answers to a copy. */
export interface CopyReceipt {
  readonly bytes: number
  /** From the first byte to the last one. */
  readonly seconds: number
  readonly hash: string
}

/**
 * Serves the near program on all addresses until it is killed: sends datagrams back, takes in whatever a
 * connection brings and answers its end with a CopyReceipt. Calls `ready` once it listens.
 */
export function serve(ready: () => void): void {
  const echo = createSocket({ type: 'udp6' })
  echo.on('message', (datagram, { address, port }) => echo.send(datagram, port, address))
  echo.bind(FAR_PORT, '::', () => {
    createServer({ allowHalfOpen: true }, (socket) => {
      const pieces: Buffer[] = []
      let begun = 0
      socket.on('data', (piece) => {
        if (pieces.length === 0) begun = performance.now()
        pieces.push(piece)
      })
      socket.on('end', () => {
        const seconds = (performance.now() - begun) / 1000
        const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
        const receipt: CopyReceipt = { bytes, seconds, hash: hashOf(pieces) }
        socket.end(JSON.stringify(receipt))
      })
      socket.on('error', () => socket.destroy()) // the near program tells what went wrong
    }).listen(FAR_PORT, '::', ready)
  })
}
