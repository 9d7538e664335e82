import { expect, it } from 'vitest'
import { pluginContainer, pluginContext } from '../../../src/conformance/kit/plugin-container.js'
import { CIPHER, OPTIONS } from '../../../src/core/injection/tokens.js'
import { definePlugin } from '../../../src/core/plugin/plugin.js'

const help = 'for a test'
const create = () => ({}) as never
const plugin = definePlugin({
  api: 1,
  name: 'nats',
  options: {
    pingEvery: { type: 'duration', help, default: 1_000 },
    token: { type: 'secret', help },
  },
  ciphers: { none: { summary: '', create } },
})

it('a plugin under test has the defaults of its options, and what the test sets', () => {
  const context = pluginContext(plugin)
  expect(context.options).toEqual({ pingEvery: 1_000, token: undefined })
  expect(context.container.resolve(OPTIONS)).toEqual(context.options)
  expect(pluginContext(plugin, undefined, { pingEvery: '2 s', token: 'hidden' }).options).toEqual({
    pingEvery: 2_000,
    token: 'hidden',
  })
  expect(() => pluginContext(plugin, undefined, { pingEvry: 1 })).toThrow("did you mean 'ping-every'?")
})

it('the container of a plugin that registers has options, none of them', () => {
  const app = pluginContainer({
    register: (container) =>
      void container.register(CIPHER, { useValue: { name: 'old', summary: '', create } }),
  })
  expect(app.resolve(OPTIONS)).toEqual({})
})
