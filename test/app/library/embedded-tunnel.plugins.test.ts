import { describe, expect, it, vi } from 'vitest'
import { END_LIMIT } from '../../../src/app/faults/faults.js'
import { definePlugin, type GivenPlugin } from '../../../src/index.js'
import { eventually } from '../../support/eventually.js'
import { make, pair } from './pair.js'

describe('the plugins that a program gives to createTunnel', () => {
  const seen: unknown[] = []
  const hook = definePlugin({
    api: 1,
    name: 'mine',
    options: { most: { type: 'whole', min: 0, max: 9, default: 3, help: 'most of them' } },
    packetHooks: {
      mine: {
        summary: 'a hook',
        create({ options }) {
          seen.push(options.most)
          return { outgoing: () => {}, incoming: () => {} }
        },
      },
    },
  })
  const hooked = () => {
    const { server } = pair()
    return { ...server, interface: { ...server.interface, hooks: ['mine'] }, plugin: { mine: { most: 7 } } }
  }

  it.each<[what: string, plugin: GivenPlugin]>([
    ['an object', hook],
    ['a module that exports it', { default: hook }],
  ])('may be %s, whose options the configuration has', async (_what, plugin) => {
    seen.length = 0
    await (await make(hooked(), { plugins: [plugin] })).start()
    expect(seen).toEqual([7])
  })

  it('does not wait for its rehearsal to close the tunnel itself', async () => {
    vi.stubEnv('QANAT_NO_REHEARSAL', '')
    let made = 0
    const closing: (() => void)[] = []
    const plugin = definePlugin({
      api: 1,
      name: 'slow',
      packetHooks: {
        slow: {
          ...{ summary: 'takes its time to close', rehearse: true },
          create() {
            made++
            const close = () => new Promise<void>((resolve) => void closing.push(resolve))
            return { outgoing: () => {}, incoming: () => {}, close }
          },
        },
      },
    })
    const { client } = pair()
    const config = { ...client, interface: { ...client.interface, hooks: ['slow'] } }
    const tunnel = await make(config, { plugins: [plugin] })
    await tunnel.start()
    await eventually('it is rehearsed', () => made, 3) // in the tunnel, and at both ends of its rehearsal
    const closed = tunnel.close()
    await eventually('all of them close', () => closing.length, 3, END_LIMIT - 1_000) // before any is given up
    for (const close of closing) close()
    await closed
    vi.unstubAllEnvs()
  })

  it('may register with a container', async () => {
    const registered: unknown[] = []
    const plugin: GivenPlugin = { register: (container) => void registered.push(container) }
    await expect(make(pair().server, { plugins: [plugin] })).rejects.toThrow(
      "Cannot use plugin 'plugins[0]': it registers no transport",
    )
    expect(registered).toHaveLength(1)
  })

  it.each<[what: string, plugin: unknown, error: string]>([
    ['one that is none', 7, "Cannot use plugin 'plugins[0]': "],
    ['one of another api', { api: 2, name: 'other' }, "Cannot use plugin 'other': "],
    ['one that is nothing', undefined, "Cannot use plugin 'plugins[0]': "],
  ])('are refused in one line: %s', async (_what, plugin, error) => {
    const { message } = await make(pair().server, { plugins: [plugin as GivenPlugin] }).then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    )
    expect(message).toMatch(/^.*$/)
    expect(message).toContain(error)
  })
})
