import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import type { Admit, Clock } from 'qanat'
import { testTransport } from 'qanat/conformance'
import { pluginContext } from 'qanat/testing'
import { describe } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import plugin from './index.js'

const isThere = spawnSync('which', ['obfs4proxy']).status === 0 || process.env.CI === 'true'
const clock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  schedule(delay, callback) {
    const timer = setTimeout(callback, delay)
    return { cancel: () => clearTimeout(timer) }
  },
}
/** The suite dials more often at once than one address may. */
const admit: Admit = () => ({ from() {}, closedBy() {}, settle() {} })

describe.skipIf(!isThere)('obfs3 by obfs4proxy', () => {
  testTransport({
    name: 'pt',
    stream: true,
    setup: async () => {
      const state = temporaryFolder()
      chmodSync(state, 0o755)
      let ends = 0
      return {
        end: () => {
          const options = { transport: 'obfs3', state: join(state, String(++ends)) }
          const context = { ...pluginContext(plugin, undefined, options), clock, localPort: 0, admit }
          return plugin.transports.pt.create(context as Parameters<typeof plugin.transports.pt.create>[0])
        },
        endpoint: new URL(`pt://127.0.0.1:${await freePort()}`),
      }
    },
  })
})

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  await new Promise(setImmediate) // now it counts as no handle any more
  return port
}
