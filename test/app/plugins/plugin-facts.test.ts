import { expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { pluginFacts } from '../../../src/app/plugins/plugin-facts.js'
import { addPlugin } from '../../../src/app/plugins/plugins.js'
import { pluginText } from '../../../src/cli/output/plugin-text.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { optionsSchema } from '../../../src/core/options/options-schema.js'
import type { Plugin } from '../../../src/core/plugin/plugin.js'

const PLUGIN: Plugin = {
  api: 1,
  name: 'nats',
  options: {
    pingEvery: { type: 'duration', min: 100, default: 1_000, help: 'How often it is asked' },
    token: { type: 'secret', help: 'What the server knows this end by' },
    subject: { type: 'string', in: ['endpoint'], help: 'Where datagrams go' },
    retries: { type: 'whole', max: 9, in: ['file', 'endpoint'], help: 'How often it is tried' },
  },
  figures: {
    resent: {
      type: 'counter',
      unit: 'datagrams',
      help: 'Sent again',
      labels: { reason: ['timeout', 'full'] },
    },
    waiting: { type: 'gauge', unit: 'bytes', help: 'What the server has yet to take' },
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
      {
        ...{ key: 'ping-every', type: 'duration', help: 'How often it is asked', allowed, default: 1_000 },
        in: ['file'],
      },
      {
        ...{ key: 'token', type: 'secret', help: 'What the server knows this end by', allowed: 'a text' },
        in: ['file'],
      },
      {
        ...{ key: 'subject', type: 'string', help: 'Where datagrams go', allowed: 'a text' },
        in: ['endpoint'],
      },
      {
        ...{ key: 'retries', type: 'whole', help: 'How often it is tried' },
        ...{ allowed: 'a whole number within 0 to 9', in: ['file', 'endpoint'] },
      },
    ],
    figures: [
      { name: 'resent', ...PLUGIN.figures!.resent },
      { name: 'waiting', ...PLUGIN.figures!.waiting },
    ],
    schema: optionsSchema(PLUGIN.options!),
  })
  expect(pluginText(facts)).toBe(`nats, of ./nats.js
  transport nats        over NATS
options in [plugin.nats], or by --set nats.KEY=VALUE
  ping-every            How often it is asked: ${allowed}; default 1000
  token-file, token-env What the server knows this end by: a text
  subject               Where datagrams go: a text; in endpoints alone
  retries               How often it is tried: a whole number within 0 to 9; also in endpoints
figures in the status
  resent                Sent again: counter of datagrams; by reason timeout, full
  waiting               What the server has yet to take: gauge of bytes
`)
  const ofBuiltIn = pluginText(pluginFacts(container, 'built-in'))
  expect(ofBuiltIn).toContain('\nno options\n')
  expect(ofBuiltIn).not.toContain('figures')
})

it('a plugin that is not loaded is not told of', async () => {
  const container = await createContainer(silentLogger, [])
  expect(() => pluginFacts(container, 'nats')).toThrow("Cannot show plugin 'nats': loaded are built-in")
})
