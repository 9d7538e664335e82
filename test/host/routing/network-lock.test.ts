import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { withNetworkLock } from '../../../src/host/routing/network-lock.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'
import { KeptLog } from '../parts.js'

const missing = namespacesMissing('setpriv')
/** Takes the name and answers nobody. */
const SQUATTER = `require('net').createServer(() => {}).listen('\\0qanat/network', () => console.log('ready'))`

describe.skipIf(missing)(`the lock of a network${missing ? `, skipped: ${missing}` : ''}`, () => {
  let clock: VirtualClock
  let log: KeptLog
  beforeEach(() => {
    clock = new VirtualClock()
    log = new KeptLog()
  })

  it('lets one work at a time, whoever waits', async () => {
    await inNewNetwork(async () => {
      let working = 0
      const most: number[] = []
      const work = async () => {
        most.push(++working)
        await new Promise((resolve) => setTimeout(resolve, 1))
        working--
      }
      await Promise.all(Array.from({ length: 10 }, () => withNetworkLock({ clock, log }, work)))
      expect(most).toEqual(Array(10).fill(1))
      expect(log.lines).toEqual([])
    })
  })

  it('is free again if the work fails', async () => {
    await inNewNetwork(async () => {
      const fails = () => Promise.reject(new Error('no'))
      await expect(withNetworkLock({ clock, log }, fails)).rejects.toThrow('no')
      expect(await withNetworkLock({ clock, log }, () => 7)).toBe(7)
    })
  })

  it('is not kept by a process that may not change the network', async () => {
    await inNewNetwork(async () => {
      const args = [
        '--reuid',
        '65534',
        '--clear-groups',
        '--regid',
        '65534',
        process.execPath,
        '-e',
        SQUATTER,
      ]
      await beside('setpriv', args, async () => {
        expect(await withNetworkLock({ clock, log }, () => 7)).toBe(7)
        expect(log.lines).toEqual([])
      })
    })
  })

  it.each([
    ['root', []],
    ["a service's user who may change the network", ['--ambient-caps=+net_admin', '--inh-caps=+net_admin']],
  ])(
    'of %s is waited for 10 s, then the log says that the work goes on without',
    async (_who, capabilities) => {
      const user = capabilities.length === 0 ? [] : ['--reuid=65534', '--regid=65534', '--clear-groups']
      await inNewNetwork(async () => {
        await beside('setpriv', [...user, ...capabilities, process.execPath, '-e', SQUATTER], async () => {
          const done = withNetworkLock({ clock, log }, () => 7)
          while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve))
          clock.advance(10_000)
          expect(await done).toBe(7)
          expect(log.lines).toMatchObject([{ level: 'warn' }])
        })
      })
    },
  )
})

async function beside(program: string, args: readonly string[], work: () => Promise<void>): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    await work()
  } finally {
    child.kill('SIGKILL')
  }
}
