import { expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { pluginFacts } from '../../../src/app/plugins/plugin-facts.js'
import { addPlugin } from '../../../src/app/plugins/plugins.js'
import { pluginText } from '../../../src/cli/output/plugin-text.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { Plugin } from '../../../src/core/plugin/plugin.js'

const PLUGIN: Plugin = {
  api: 1,
  name: 'nats',
  options: {
    pingEvery: { type: 'duration', min: 100, default: 1_000, help: 'How often it is asked' },
    token: { type: 'secret', help: 'What the server knows this end by' },
  },
  transports: { nats: { summary: 'over NATS', create: () => ({}) as never } },
}

it('a plugin is told of with where it is from, its parts and what may be set', async () => {
  const container = await createContainer(silentLogger, [])
  addPlugin(container, PLUGIN, './nats.js')
  const facts = pluginFacts(container, 'nats')
  const allowed = 'milliseconds of at least 100, as a whole number or such as "10 s"'
  expect(facts).toEqual({
    name: 'nats',
    from: './nats.js',
    parts: [{ kind: 'transport', name: 'nats', summary: 'over NATS' }],
    options: [
      { key: 'ping-every', type: 'duration', help: 'How often it is asked', allowed, default: 1_000 },
      { key: 'token', type: 'secret', help: 'What the server knows this end by', allowed: 'a text' },
    ],
  })
  expect(pluginText(facts)).toBe(`nats, of ./nats.js
  transport nats       over NATS
options in [plugin.nats], or by --set nats.KEY=VALUE
  ping-every           How often it is asked: ${allowed}; default 1000
  token-file, token-env What the server knows this end by: a text
`)
  expect(pluginText(pluginFacts(container, 'built-in'))).toContain('\nno options\n')
})

it('a plugin that is not loaded is not told of', async () => {
  const container = await createContainer(silentLogger, [])
  expect(() => pluginFacts(container, 'nats')).toThrow("Cannot show plugin 'nats': loaded are built-in")
})
