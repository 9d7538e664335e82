import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { beginRehearsal } from '../../../src/app/rehearsal/begin.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { newTraffic } from '../../../src/core/peers/traffic.js'
import { eventually } from '../../support/eventually.js'

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

/** A rehearsal with the lines that it writes. */
async function begun(config: TunnelConfig) {
  const lines: string[] = []
  const log = { ...silentLogger, debug: (message: string) => void lines.push(message) }
  const rehearsal = beginRehearsal(await createContainer(log, []), config)!
  return { lines, rehearsal }
}

/** Long enough for what was begun to say so. */
const later = () => new Promise((resolve) => setTimeout(resolve, 50))

beforeEach(() => {
  vi.stubEnv('QANAT_NO_REHEARSAL', '')
  return () => vi.unstubAllEnvs()
})

describe('a rehearsal begins', () => {
  it('as soon as the code is loaded, where a tunnel calls', async () => {
    const { lines, rehearsal } = await begun(calls)
    rehearsal.loaded(newTraffic())
    await eventually('it has run', () => lines, ['rehearsed'])
    rehearsal.started()
    await rehearsal.stop()
    expect(lines).toEqual(['rehearsed'])
  })

  it.each([
    ['where a tunnel waits for its peers', waits],
    ['where its device is in another namespace', { ...calls, tun: { ...tun, namespace: 'other' } }],
  ])('once the tunnel runs, %s', async (_where, config) => {
    const { lines, rehearsal } = await begun(config)
    const traffic = newTraffic()
    rehearsal.loaded(traffic)
    await later()
    traffic.receivedPackets += 10_000 // it would be over at once if it had begun
    expect(lines).toEqual([])
    rehearsal.started()
    await eventually('it has run', () => lines, ['rehearsed'])
    await rehearsal.stop()
  })

  it('not at all if the configuration or the environment says so', async () => {
    const container = await createContainer(silentLogger, [])
    expect(beginRehearsal(container, { ...calls, rehearsal: false })).toBeUndefined()
    expect(beginRehearsal(container, { ...calls, rehearsal: true })).toBeDefined()
    vi.stubEnv('QANAT_NO_REHEARSAL', '1')
    expect(beginRehearsal(container, { ...calls, rehearsal: true })).toBeUndefined()
  })

  it('not at all once it is stopped', async () => {
    const { lines, rehearsal } = await begun(calls)
    await rehearsal.stop()
    rehearsal.loaded(newTraffic())
    rehearsal.started()
    await rehearsal.stop()
    expect(lines).toEqual([])
  })
})
