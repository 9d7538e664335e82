import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { beginRehearsal } from '../../../src/app/rehearsal/begin.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { newTraffic } from '../../../src/core/peers/traffic.js'
import { turns } from '../../support/eventually.js'

const tun = { name: 'real', mtu: 1420, addresses: [], routes: [] }
const base = { cipher: 'aes-256-gcm', key: 'unused', tun, plugins: [] }
const calls: TunnelConfig = {
  ...base,
  peers: [{ id: 'peer', allowed: [], endpoints: [new URL('memory://far')] }],
  listen: [],
}
const waits: TunnelConfig = {
  ...base,
  peers: [{ id: 'peer', allowed: [], endpoints: [] }],
  listen: [new URL('memory://near')],
}

/** What the rehearsals that have begun were told of the traffic. */
const { begins, ends } = vi.hoisted(() => ({ begins: [] as unknown[], ends: [] as (() => void)[] }))

/** Their time is up. */
function endAll(): void {
  for (const end of ends) end()
}

vi.mock('../../../src/app/rehearsal/rehearsal.js', () => ({
  Rehearsal: class {
    #end = () => {}
    readonly ended = new Promise<void>((resolve) => {
      this.#end = resolve
    })

    constructor(_container: unknown, _config: unknown, traffic: unknown) {
      begins.push(traffic)
      ends.push(() => this.#end())
    }

    stop() {
      this.#end()
      return this.ended
    }
  },
}))

async function rehearsalOf(config: TunnelConfig) {
  return beginRehearsal(await createContainer(silentLogger, []), config)!
}

/** What has begun of what could have by now. */
async function begun(): Promise<readonly unknown[]> {
  await import('../../../src/app/rehearsal/rehearsal.js')
  await turns()
  return begins
}

beforeEach(() => {
  begins.length = 0
  vi.stubEnv('QANAT_NO_REHEARSAL', '')
  return () => vi.unstubAllEnvs()
})

describe('a rehearsal begins', () => {
  it('as soon as the code is loaded, where a tunnel calls', async () => {
    const rehearsal = await rehearsalOf(calls)
    const traffic = newTraffic()
    rehearsal.loaded(traffic)
    expect(await begun()).toEqual([traffic])
    rehearsal.started()
    await rehearsal.stop()
    expect(await begun()).toEqual([traffic])
  })

  it.each([
    ['where a tunnel waits for its peers', waits],
    ['where its device is in another namespace', { ...calls, tun: { ...tun, namespace: 'other' } }],
  ])('once the tunnel runs, %s', async (_where, config) => {
    const rehearsal = await rehearsalOf(config)
    const traffic = newTraffic()
    rehearsal.loaded(traffic)
    expect(await begun()).toEqual([])
    rehearsal.started()
    expect(await begun()).toEqual([traffic])
    await rehearsal.stop()
  })

  it('not at all if the configuration or the environment says so', async () => {
    const container = await createContainer(silentLogger, [])
    expect(beginRehearsal(container, { ...calls, rehearsal: false })).toBeUndefined()
    expect(beginRehearsal(container, { ...calls, rehearsal: true })).toBeDefined()
    vi.stubEnv('QANAT_NO_REHEARSAL', '1')
    expect(beginRehearsal(container, { ...calls, rehearsal: true })).toBeUndefined()
  })

  it('once in a process for all tunnels of the same cipher, transports, hooks and MTU, unless it was cut short', async () => {
    const start = async (config: TunnelConfig) => {
      const rehearsal = await rehearsalOf(config)
      rehearsal.started()
      await begun()
      return rehearsal
    }
    const shaped = { ...calls, tun: { ...tun, mtu: 1400 } }
    const cutShort = await start(shaped)
    await cutShort.stop()
    await start(shaped)
    expect(begins.length).toBe(2)
    endAll()
    await turns()
    const again = await start(shaped)
    expect(begins.length).toBe(2)
    const others = [
      { ...shaped, cipher: 'xor' },
      { ...shaped, tun: { ...tun, mtu: 1280 } },
      { ...shaped, packetHooks: ['one'] },
    ]
    for (const [at, other] of others.entries()) {
      const rehearsal = await start(other)
      expect(begins.length).toBe(3 + at)
      await rehearsal.stop()
    }
    await again.stop()
  })

  it('or is left out, and says so: nothing is kept small for it any longer', async () => {
    const shaped = { ...calls, tun: { ...tun, mtu: 1300 } }
    const first = await rehearsalOf(shaped)
    first.started()
    await first.begun
    expect(begins.length).toBe(1)
    endAll()
    const second = await rehearsalOf(shaped)
    second.started()
    await second.begun
    expect(begins.length).toBe(1)
    await Promise.all([first.stop(), second.stop()])
  })

  it('not at all once it is stopped', async () => {
    const rehearsal = await rehearsalOf(calls)
    rehearsal.loaded(newTraffic())
    await rehearsal.stop()
    await rehearsal.begun
    rehearsal.started()
    await rehearsal.stop()
    expect(await begun()).toEqual([])
  })
})
