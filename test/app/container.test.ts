import { describe, expect, it } from 'vitest'
import { createContainer } from '../../src/app/container.js'
import { addPlugin, listPlugins } from '../../src/app/plugins/plugins.js'
import { RecordingLogger } from '../../src/conformance/kit/recording-logger.js'
import { type Logger, silentLogger } from '../../src/core/api/logger.js'
import { CLOCK, LOGGER } from '../../src/core/injection/tokens.js'
import { systemClock } from '../../src/core/time/system-clock.js'

describe('createContainer', () => {
  it('holds everything that can be chosen, with a line that says what it is', async () => {
    const log = new RecordingLogger()
    const container = await createContainer(log, [])
    container.resolve<Logger>(LOGGER).info('said', { peer: 'it' })
    expect(log.lines).toEqual(['said {"peer":"it"}'])
    expect(container.resolve(CLOCK)).toBe(systemClock)
    for (const kind of ['transport', 'cipher', 'TUN driver'] as const) {
      const parts = listPlugins(container, kind)
      expect(parts.length).toBeGreaterThan(0)
      for (const { summary } of parts) expect(summary).toMatch(/^\S.*[^.]$/)
    }
  })

  it('is one of its own for each app', async () => {
    const [one, other] = await Promise.all([
      createContainer(silentLogger, []),
      createContainer(silentLogger, []),
    ])
    const mine = { summary: 'a part', create: () => ({}) as never }
    addPlugin(one, { api: 1, name: 'mine', ciphers: { mine } }, 'mine')
    const names = [one, other].map((container) => listPlugins(container, 'cipher').map(({ name }) => name))
    expect(names[0]).toEqual([...names[1]!, 'mine'])
  })

  it('cannot be made with a plugin that is not there', async () => {
    await expect(createContainer(silentLogger, ['./no-such-file.js'])).rejects.toMatchObject({
      name: 'PluginError',
      code: 'ERR_PLUGIN_INVALID',
    })
  })

  it('lets no plugin take the name of a built-in', async () => {
    const container = await createContainer(silentLogger, [])
    const xor = { summary: 'another one', create: () => ({}) as never }
    expect(() => addPlugin(container, { api: 1, name: 'theirs', ciphers: { xor } }, 'theirs')).toThrow(
      "Cannot use plugin 'theirs': a cipher 'xor' already exists; choose another name",
    )
  })
})
