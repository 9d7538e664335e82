import { chmodSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import type { Admit } from 'qanat'
import { testTransport } from 'qanat/conformance'
import { pluginContext } from 'qanat/testing'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { systemClock } from '../../src/core/time/system-clock.js'
import { describeWhere } from '../../test/support/e2e/requirements.js'
import plugin from './index.js'

/** The suite dials more often at once than one address may. */
const admit: Admit = () => ({ from() {}, closedBy() {}, settle() {} })

describeWhere(['program obfs4proxy'], 'obfs3 by obfs4proxy', () => {
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
          const context = {
            ...pluginContext(plugin, undefined, options),
            clock: systemClock,
            localPort: 0,
            admit,
          }
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
