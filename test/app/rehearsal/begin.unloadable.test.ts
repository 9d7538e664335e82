import { describe, expect, it, vi } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { beginRehearsal } from '../../../src/app/rehearsal/begin.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { newTraffic } from '../../../src/core/peers/traffic.js'
import { turns } from '../../support/eventually.js'

vi.mock('../../../src/app/rehearsal/rehearsal.js', () => {
  throw new Error('EACCES: permission denied')
})

describe('a rehearsal whose code cannot be read, as by a process that dropped root', () => {
  it('is told at the level debug, and stops as any other', async () => {
    vi.stubEnv('QANAT_NO_REHEARSAL', '')
    const lines: string[] = []
    const log = { ...silentLogger, debug: (message: string) => void lines.push(message) }
    const rejected = vi.fn()
    process.on('unhandledRejection', rejected)
    const rehearsal = beginRehearsal(await createContainer(log, []), {
      ...{ cipher: 'aes-256-gcm', key: 'unused', listen: [new URL('memory://near')], plugins: [] },
      ...{ peers: [], tun: { name: 'real', mtu: 1420, addresses: [], routes: [] } },
    })!
    rehearsal.loaded(newTraffic())
    await turns()
    expect(lines).toEqual([])
    await rehearsal.started()
    await rehearsal.begun
    await rehearsal.stop()
    await turns()
    expect(lines).toEqual(['cannot rehearse'])
    expect(rejected).not.toHaveBeenCalled()
    process.off('unhandledRejection', rejected)
    vi.unstubAllEnvs()
  })
})
