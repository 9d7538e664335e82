// @ts-check
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The kit tries each protocol, and so takes a program that has both: Tor's is obfs4proxy's. */
const PROGRAM = join(import.meta.dirname, 'test-program.py')
/** Milliseconds that the program has to answer a stranger, which it need not do. */
const PATIENCE = 50

/** @type {import('qanat/testing').Kit} */
export default {
  transports: {
    pt: {
      async setup() {
        const folder = mkdtempSync(join(tmpdir(), 'qanat-pt-'))
        chmodSync(folder, 0o755) // its programs may be users of their own
        const program = join(folder, 'program')
        copyFileSync(PROGRAM, program)
        chmodSync(program, 0o755)
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
          dispose: () => rmSync(folder, { recursive: true }),
        }
      },
    },
  },
}

/** Programs are told their port. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  await new Promise(setImmediate) // now it counts as no handle any more
  return port
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
