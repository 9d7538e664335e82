import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { beginRehearsal } from '../../../src/app/rehearsal/begin.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { CLOCK } from '../../../src/core/injection/tokens.js'
import { newTraffic } from '../../../src/core/peers/traffic.js'
import type { Clock } from '../../../src/core/time/clock.js'
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

async function rehearsalOf(config: TunnelConfig, clock?: Clock) {
  const container = await createContainer(silentLogger, [])
  if (clock !== undefined) container.register(CLOCK, { useValue: clock })
  return beginRehearsal(container, config)!
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
  it.each([
    ['whether its peers answer or not', false],
    ['also if it runs by then', true],
  ])('soon after a tunnel begins to call, %s', async (_when, runs) => {
    const clock = new VirtualClock()
    const rehearsal = await rehearsalOf(calls, clock)
    const traffic = newTraffic()
    rehearsal.loaded(traffic)
    if (runs) rehearsal.started()
    clock.advance(99)
    expect(await begun()).toEqual([])
    clock.advance(1)
    expect(await begun()).toEqual([traffic])
    void rehearsal.started()
    await rehearsal.stop()
    expect(await begun()).toEqual([traffic])
  })

  it('not if its tunnel is closed before', async () => {
    const clock = new VirtualClock()
    const rehearsal = await rehearsalOf(calls, clock)
    rehearsal.loaded(newTraffic())
    void rehearsal.started()
    await rehearsal.stop()
    clock.advance(1_000)
    expect(await begun()).toEqual([])
  })

  it.each([
    ['where a tunnel waits for its peers', waits],
    ['where its device is in another namespace', { ...calls, tun: { ...tun, namespace: 'other' } }],
  ])('once the tunnel runs, %s', async (_where, config) => {
    const rehearsal = await rehearsalOf(config)
    const traffic = newTraffic()
    rehearsal.loaded(traffic)
    expect(await begun()).toEqual([])
    void rehearsal.started()
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
      void rehearsal.started()
      await begun()
      return rehearsal
    }
    const shaped = { ...waits, tun: { ...tun, mtu: 1400 } }
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
    const shaped = { ...waits, tun: { ...tun, mtu: 1300 } }
    const first = await rehearsalOf(shaped)
    void first.started()
    await first.begun
    expect(begins.length).toBe(1)
    endAll()
    const second = await rehearsalOf(shaped)
    void second.started()
    await second.begun
    expect(begins.length).toBe(1)
    await Promise.all([first.stop(), second.stop()])
  })

  it('not at all once it is stopped', async () => {
    const rehearsal = await rehearsalOf(calls)
    rehearsal.loaded(newTraffic())
    await rehearsal.stop()
    await rehearsal.begun
    void rehearsal.started()
    await rehearsal.stop()
    expect(await begun()).toEqual([])
  })
})
