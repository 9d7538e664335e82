import { describe, expect, it } from 'vitest'
import { optionsInQuery } from '../../../src/app/plugins/endpoint-options.js'
import { partTraitsIn } from '../../../src/app/plugins/part-traits.js'
import { addPlugin, setOptions } from '../../../src/app/plugins/plugins.js'
import { definePlugin, type Plugin } from '../../../src/core/plugin/plugin.js'
import { bareApp } from './bare-app.js'

const help = 'for a test'
const { signal } = new AbortController()
const plugin = definePlugin({
  api: 1,
  name: 'nats',
  options: {
    subject: { type: 'string', in: ['endpoint'], default: 'qanat', help },
    maxRetries: { type: 'whole', max: 9, default: 3, in: ['file', 'endpoint'], help },
    pingEvery: { type: 'duration', help },
    token: { type: 'secret', help },
  },
  transports: { nats: { summary: '', create: () => expect.unreachable() } },
})

const inQuery = (query: string, of: Plugin = plugin) => optionsInQuery(of, new URL(`nats://h:4222${query}`))

describe('the query of an endpoint', () => {
  it('sets options, by the keys that files have', () => {
    expect(inQuery('?subject=a%20b&max-retries=0')).toEqual({
      set: { subject: 'a b', maxRetries: 0 },
      faults: [],
    })
    expect(inQuery('').set).toEqual({})
  })

  it.each([
    ['?subjet=x', "has the key 'subjet' in its query, which is no option; did you mean 'subject'?"],
    ['?zzz=x', "has the key 'zzz' in its query, which is no option; known are subject, max-retries"],
    [
      '?constructor=x',
      "has the key 'constructor' in its query, which is no option; known are subject, max-retries",
    ],
    ['?ping-every=7', "has the key 'ping-every' in its query, which belongs in [plugin.nats]"],
    [
      '?token=hidden',
      "has the key 'token' in its query, a secret, which no URL holds; give 'token-file' or 'token-env' in [plugin.nats]",
    ],
    ['?subject=a&subject=b', "has the key 'subject' twice in its query"],
    [
      '?max-retries=hidden',
      "has the key 'max-retries' in its query: a text of 6 characters is not a whole number within 0 to 9",
    ],
    ['?subject=', "has the key 'subject' in its query: a text of 0 characters is not a text"],
    [`?${'s'.repeat(40)}=1`, 'has the key of 40 characters in its query'],
  ])('is refused for %s', (query, why) => {
    const { faults, set } = inQuery(query)
    expect(set).toEqual({})
    expect(faults).toEqual([expect.stringContaining(why)])
    expect(faults.join()).not.toContain('hidden')
  })

  it("is a transport's own matter if its plugin has no options there, as that of WebSocket", () => {
    const { subject: _, maxRetries: _too, ...others } = plugin.options
    expect(inQuery('?anything=1&token=2', { ...plugin, options: others } as Plugin)).toEqual({
      set: {},
      faults: [],
    })
    expect(partTraitsIn([plugin]).endpointFaults(new URL('wss://h/path?anything=1'))).toEqual([])
  })
})

describe('options of an endpoint', () => {
  it('are those of the file, but for what its query sets', () => {
    const app = bareApp()
    const loaded = addPlugin(app, plugin, plugin.name)
    setOptions(app, { folder: '/', tables: { nats: { values: { 'max-retries': 5 }, secrets: {} } } })
    const { options, optionsOf } = loaded.context(signal)
    expect(options).toMatchObject({ subject: 'qanat', maxRetries: 5 })
    expect(optionsOf(new URL('nats://h?subject=x'))).toMatchObject({ subject: 'x', maxRetries: 5 })
    expect(optionsOf(new URL('nats://h?max-retries=1'))).toMatchObject({ subject: 'qanat', maxRetries: 1 })
    expect(options).toMatchObject({ subject: 'qanat', maxRetries: 5 })
    expect(() => optionsOf(new URL('nats://u:secret@h?subjet=x'))).toThrow(
      "Cannot use nats://h: it has the key 'subjet' in its query",
    )
  })
})

describe('a transport that checks its endpoints', () => {
  const checked = (check: (endpoint: URL) => void) => {
    const transports = { nats: { ...plugin.transports.nats, checkEndpoint: check } }
    return partTraitsIn([{ ...plugin, transports } as Plugin]).endpointFaults(new URL('nats://u:hidden@h'))
  }

  it('is asked, and what it throws is told in a line without secrets', () => {
    expect(checked(() => {})).toEqual([])
    const why = ({ hostname }: URL) => {
      throw new Error(`${hostname} is no cluster, see nats://u:hidden@h\nat here`)
    }
    expect(checked(why)).toEqual([
      expect.stringMatching(/^is refused by its transport: h is no cluster, see nats:/),
    ])
    expect(checked(why).join()).not.toMatch(/hidden|at here/)
  })
})
