// @ts-check
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, programFolder } from './pt-lab.js'

/** Milliseconds that the program has to answer a stranger, which it need not do. */
const PATIENCE = 50

/** @type {import('qanat/testing').Kit} */
export default {
  transports: {
    pt: {
      /** The kit tries each protocol, and so takes a program that has both: Tor's is obfs4proxy's. */
      async setup() {
        const { folder, program, remove } = programFolder()
        let ends = 0
        const end = (/** @type {'client' | 'server'} */ side) => ({
          /** Each end that is made has a folder of its own for its program, as each tunnel has. */
          get options() {
            return { program, arguments: [side], transport: 'obfs3', state: join(folder, `state-${++ends}`) }
          },
        })
        const port = await freePort()
        return {
          near: end('client'),
          far: end('server'),
          endpoint: new URL(`pt://127.0.0.1:${port}`),
          rawWire: (bytes) => write(port, bytes),
          dispose: remove,
        }
      },
    },
  },
}

/**
 * Sends bytes to the program as a stranger would, who is closed when the program sees fit: Qanat does not know of it.
 *
 * @param {number} port
 * @param {readonly Uint8Array[]} bytes
 */
async function write(port, bytes) {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => {}) // it may be reset: then it is closed
  const closed = new Promise((resolve) => socket.once('close', resolve))
  for (const piece of bytes) socket.write(piece)
  socket.resume().end()
  setTimeout(() => socket.destroy(), PATIENCE).unref()
  await closed
}
