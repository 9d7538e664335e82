// @ts-check
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @type {import('qanat/testing').Kit} */
export default {
  transports: {
    unix: {
      setup() {
        const folder = mkdtempSync(join(tmpdir(), 'qanat-unix-'))
        const path = join(folder, 'socket')
        return {
          endpoint: new URL(`unix://${path}`),
          rawWire: (bytes) => write(path, bytes),
          dispose: () => rmSync(folder, { recursive: true }),
        }
      },
    },
  },
}

/**
 * Sends bytes to a socket as a stranger would.
 *
 * @param {string} path
 * @param {readonly Uint8Array[]} bytes
 */
async function write(path, bytes) {
  const socket = connect(path)
  socket.on('error', () => {}) // it may be reset: then it is closed
  const closed = new Promise((resolve) => socket.once('close', resolve))
  for (const piece of bytes) socket.write(piece)
  socket.resume().end()
  await closed
}
