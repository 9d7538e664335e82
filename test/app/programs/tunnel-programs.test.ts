import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { TunnelPrograms } from '../../../src/app/programs/tunnel-programs.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { systemClock } from '../../../src/core/time/system-clock.js'

it('ends a program with its signal or the tunnel, and leaves nothing with either once it ended', async () => {
  const tunnel = new AbortController()
  const plugin = new AbortController()
  const programs = new TunnelPrograms({ host: undefined, clock: systemClock, signal: tunnel.signal })
  const start = (program = 'cat') => programs.start(program, { signal: plugin.signal }, silentLogger)
  const left = () => [tunnel, plugin].map(({ signal }) => getEventListeners(signal, 'abort').length)
  const over = await start()
  expect(left()).toEqual([1, 1])
  await over.end()
  expect(left()).toEqual([0, 0])
  await expect(start('no-such-program')).rejects.toThrow('is missing')
  expect(left()).toEqual([0, 0])
  const [byPlugin, byTunnel] = [await start(), await programs.start('cat', {}, silentLogger)]
  plugin.abort()
  expect(await byPlugin.ended).toMatch(/^it (ended with code 0|was ended by SIGTERM)$/)
  await expect(start()).rejects.toThrow('aborted')
  tunnel.abort()
  expect(await byTunnel.ended).toMatch(/^it (ended with code 0|was ended by SIGTERM)$/)
  expect(left()).toEqual([0, 0])
})
