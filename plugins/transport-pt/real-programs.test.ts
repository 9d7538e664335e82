import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Child, PluginContext, SpawnOptions } from 'qanat'
import { pluginContext } from 'qanat/testing'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/core/time/system-clock.js'
import { describeWhere } from '../../test/support/e2e/requirements.js'
import { eventually, turns } from '../../test/support/eventually.js'
import plugin from './index.js'
import { startClient, startServer } from './managed.js'
import { freePort, programFolder } from './pt-lab.js'

/** Connections that have proven nothing, of all addresses together, and some more. */
const MOST_UNKNOWN = 16
const CALLERS = 20

describeWhere(['program obfs4proxy'], "a program of Tor's protocol", () => {
  it.each(['client', 'server'] as const)(
    'ends as a %s once its input is closed, as when Qanat is killed',
    async (side) => {
      const { folder, remove } = programFolder()
      onTestFinished(remove)
      const { env } = await spawned(side, folder)
      const program = spawn('obfs4proxy', { env: { PATH: process.env.PATH, ...env } })
      onTestFinished(() => void program.kill('SIGKILL'))
      const lines = createInterface({ input: program.stdout })
      for await (const line of lines) if (/METHODS DONE/.test(line)) break
      program.stdin.end()
      expect(await once(program, 'exit')).toEqual([0, null])
    },
  )
})

describeWhere(['program python3', 'program setpriv'], 'callers by SIP003', () => {
  it('share what one address has as long as they have proven nothing, since nobody tells theirs', async () => {
    const { folder, program, remove } = programFolder()
    onTestFinished(remove)
    const options = { program, arguments: ['server'], protocol: 'sip003', state: join(folder, 'state') }
    const context = { ...pluginContext(plugin, undefined, options), clock: systemClock, localPort: 0 }
    const transport = plugin.transports.pt.create(
      context as Parameters<typeof plugin.transports.pt.create>[0],
    )
    const port = await freePort()
    const handlers = { receive() {}, drained() {}, closed() {}, failed() {} }
    const listener = await transport.listen(new URL(`pt://127.0.0.1:${port}`), handlers)
    onTestFinished(() => listener.close())
    const callers = Array.from({ length: CALLERS }, (_, number) =>
      connect({ host: '127.0.0.1', port, localAddress: `127.0.1.${number + 1}` }).resume(),
    )
    onTestFinished(() => {
      for (const caller of callers) caller.destroy()
    })
    await Promise.all(
      callers.map((caller) =>
        once(
          caller.on('error', () => {}),
          'connect',
        ),
      ),
    )
    const open = () => callers.filter(({ closed }) => !closed).length
    await eventually('no more than so many are left', open, (count) => count <= MOST_UNKNOWN)
    await turns()
    expect(open()).toBeGreaterThanOrEqual(MOST_UNKNOWN - 1) // the look whether the program listens may still have a place
  })
})

/** What a program would be started with. */
async function spawned(side: 'client' | 'server', state: string): Promise<SpawnOptions> {
  let given: SpawnOptions = {}
  const spawn = async (_: string, options: SpawnOptions = {}): Promise<Child> => {
    given = options
    return { ended: Promise.resolve('it was only looked at'), end: async () => {} }
  }
  const { network, ...rest } = pluginContext(plugin, undefined, {
    transport: 'obfs3',
    state,
  }) as PluginContext as Parameters<typeof startClient>[0]
  const context = { ...rest, network: { ...network, spawn } }
  const place = { host: '127.0.0.1', port: await freePort() }
  const far = { orPort: place, extOrPort: place, cookieFile: new Uint8Array(64), settings: new Map() }
  const started = side === 'client' ? startClient(context) : startServer(context, place, far)
  await started.catch(() => {})
  return given
}
