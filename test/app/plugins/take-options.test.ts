import { describe, expect, it } from 'vitest'
import { takeOptions } from '../../../src/app/plugins/take-options.js'
import { definePlugin, type Plugin } from '../../../src/core/plugin/plugin.js'
import type { PluginTable } from '../../../src/core/settings/plugin-options.js'

const help = 'for a test'
const plugin = definePlugin({
  api: 1,
  name: 'nats',
  options: {
    servers: { type: 'list', help },
    pingEvery: { type: 'duration', help, min: 100, default: '1 s' },
    folder: { type: 'path', help },
    token: { type: 'secret', help },
  },
  ciphers: {
    none: { summary: '', create: ({ options }) => Promise.reject(options.pingEvery satisfies number) },
  },
})

/** What the plugin takes of a table, or what it refuses. */
function taken(table: Partial<PluginTable>, name = 'nats'): unknown {
  const tables = { [name]: { values: {}, secrets: {}, ...table } }
  return takeOptions([plugin], { folder: '/etc/qanat', tables })[0]
}

describe('takeOptions', () => {
  it('gives what is said, and defaults for what is not', () => {
    const none = { servers: undefined, pingEvery: 1_000, folder: undefined, token: undefined }
    expect(takeOptions([plugin], undefined)).toEqual([none])
    expect(taken({ values: { 'ping-every': '2 s', folder: 'state' }, secrets: { token: 'hidden' } })).toEqual(
      {
        ...none,
        pingEvery: 2_000,
        folder: '/etc/qanat/state',
        token: 'hidden',
      },
    )
  })

  it.each<[Partial<PluginTable>, string]>([
    [{ values: { 'ping-evry': 1 } }, "option 'ping-evry' of plugin 'nats': did you mean 'ping-every'?"],
    [
      { values: { zzz: 1 } },
      "option 'zzz' of plugin 'nats': it has none of that name; known are servers, ping-every, folder, token",
    ],
    [
      { values: { 'ping-every': 7 } },
      "option 'ping-every' of plugin 'nats': 7 is not milliseconds of at least 100, as a whole number or such as \"10 s\"",
    ],
    [{ values: { servers: [''] } }, "option 'servers' of plugin 'nats': item 1 of the list is an empty text"],
    [
      { values: { token: 'hidden' } },
      "option 'token' of plugin 'nats': it is a secret; give 'token-file' or 'token-env'",
    ],
    [
      { secrets: { folder: 'hidden' } },
      "option 'folder' of plugin 'nats': it is no secret; give 'folder' itself",
    ],
    [{ secrets: { tokn: 'hidden' } }, "option 'tokn' of plugin 'nats': did you mean 'token'?"],
    [{ secrets: { token: '' } }, "option 'token' of plugin 'nats': its file is empty"],
  ])('refuses %j', (table, why) => {
    const error = refusal(() => taken(table))
    expect(error).toBe(`Cannot take ${why}`)
    expect(error).not.toContain('hidden')
  })

  it('shows no text that may be a secret in the wrong place', () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    expect(refusal(() => taken({ values: { 'ping-every': 'short' } }))).toContain(
      ': a text of 5 characters is not',
    )
    expect(refusal(() => taken({ values: { 'ping-every': '50 ms' } }))).toContain(": '50 ms' is not")
    const { token: _, ...open } = plugin.options
    const openly = (text: string) =>
      refusal(() =>
        takeOptions([{ ...plugin, options: open } as Plugin], {
          folder: '/',
          tables: { nats: { values: { 'ping-every': text }, secrets: {} } },
        }),
      )
    expect(openly('short')).toContain(": 'short' is not")
    expect(openly(key)).toContain(': a text of 44 characters is not')
    expect(openly('a'.repeat(32))).toContain(': a text of 32 characters is not')
  })

  it('tells all that is wrong at once, a line each', () => {
    expect(refusal(() => taken({ values: { folder: 7, servers: 7 } })).split('\n')).toHaveLength(2)
  })

  it('refuses options of a plugin that is not loaded', () => {
    expect(refusal(() => taken({}, 'nat'))).toBe(
      "Cannot take options of plugin 'nat': no plugin of that name is loaded",
    )
    expect(refusal(() => taken({}, 'constructor'))).toContain('no plugin of that name is loaded')
  })
})

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (thrown) {
    return (thrown as Error).message
  }
  throw new Error('nothing was refused')
}
