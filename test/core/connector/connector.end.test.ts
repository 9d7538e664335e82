import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pair } from '../../support/netsim/pair.js'

/** Milliseconds until what was sent has arrived. */
const IN_FLIGHT = 20
const NOTHING = { timers: 0, links: 0 }

describe('Connector, stopped', () => {
  type Lab = ReturnType<typeof pair>
  const states: Record<string, (lab: Lab) => Promise<void>> = {
    'before it was started': async () => {},
    'while it dials': async ({ carriers, client, pass }) => {
      carriers.udp.fault = 'hangs'
      void client.connector!.start()
      await pass(100)
    },
    'while it waits for a handshake': async ({ client, pass }) => {
      void client.connector!.start()
      await pass(100)
    },
    'while it pauses': async ({ all, client, pass }) => {
      for (const carrier of all) carrier.fault = 'refused'
      void client.connector!.start()
      await pass(10_000)
    },
    'while it is idle': async ({ connected, pass }) => {
      await connected()
      await pass(10_000)
    },
    'while it talks': async ({ connected, talk }) => {
      await connected()
      await talk(1_000)
    },
    'while it probes': async ({ connected, carriers, talk }) => {
      await connected()
      carriers.udp.cut()
      await talk(2_000)
    },
    'while it falls back': async ({ connected, carriers, talk }) => {
      await connected()
      carriers.udp.cut()
      carriers.tcp.cut()
      await talk(4_000)
    },
    'while it tries a better endpoint': async ({ connected, carriers, pass }) => {
      carriers.udp.cut()
      await connected()
      await pass(9_000)
      expect(carriers.udp.open.size).toBe(1)
    },
    'after its link was closed': async ({ connected, server, carriers, pass }) => {
      carriers.udp.fault = 'refused'
      await connected()
      await pass(2_000)
      await server.unlisten()
      await pass(20)
    },
  }

  it.each(Object.entries(states))(
    '%s leaves no timer and no link, and does nothing any more',
    async (_, enter) => {
      const lab = pair()
      const { client, dials, left, pass, server } = lab
      await enter(lab)
      await client.connector!.stop()
      const [before, log] = [dials(), client.log.length]
      client.connector!.sent(lab.clock.now())
      for (const carrier of lab.all)
        for (const link of carrier.open) client.connector!.closed(link, undefined)
      client.pump.stop()
      await server.stop()
      await pass(IN_FLIGHT)
      expect(left()).toEqual(NOTHING)
      await pass(120_000)
      await client.stop()
      expect([dials(), client.log.length, left()]).toEqual([before, log, NOTHING])
      expect([client.failures, server.failures]).toEqual([[], []])
    },
  )

  it('starts nothing: whoever waits for the start is let go', async () => {
    const { client, carriers, pass } = pair()
    carriers.udp.fault = 'hangs'
    const started = client.connector!.start()
    await pass(100)
    await client.connector!.stop()
    await started
  })
})

describe('Connector on a carrier that comes and goes', () => {
  it('leaves no timer, attempt or link behind after 1,000 closed links', async () => {
    const { connected, client, server, listen, pass, left, carriers } = pair(['tcp://server'])
    await connected()
    await pass(10_000)
    const before = left()
    for (let count = 0; count < 1_000; count++) {
      await server.unlisten()
      await pass(count % 3 === 0 ? 700 : 40)
      await listen()
      await pass(count % 5 === 0 ? 60 : 1_200)
    }
    await pass(3_000)
    expect(left()).toEqual(before)
    expect(carriers.tcp.dials).toBeGreaterThan(1_000)
    expect(carriers.tcp.dials).toBeLessThan(4_000)
    await client.stop()
    await server.stop()
    await pass(IN_FLIGHT)
    expect(left()).toEqual(NOTHING)
  }, 20_000)

  it('comes to rest on the best endpoint, whatever befell the carriers before', async () => {
    const happening = fc.record({
      carrier: fc.constantFrom('udp' as const, 'tcp' as const, 'ws' as const),
      what: fc.constantFrom('cut', 'heal', 'refused', 'hangs', 'close', 'restart'),
      after: fc.integer({ min: 1, max: 8_000 }),
      talks: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 25 }), async (happenings) => {
        const lab = pair()
        const { client, server, carriers, all, listen, pass, talk, left } = lab
        await listen()
        void client.connector!.start()
        for (const { carrier: name, what, after, talks } of happenings) {
          const carrier = carriers[name]
          if (what === 'cut') carrier.cut()
          else if (what === 'heal') carrier.cut(false)
          else if (what === 'restart') server.cipher.restart()
          else if (what === 'close') {
            await server.unlisten()
            await listen()
          } else carrier.fault = what === 'hangs' ? 'hangs' : 'refused'
          if (talks) await talk(after)
          else await pass(after)
          const open = all.reduce((sum, { open }) => sum + open.size, 0)
          expect(open).toBeLessThanOrEqual(2)
        }
        for (const carrier of all) {
          carrier.cut(false)
          carrier.fault = undefined
        }
        await talk(45_000)
        expect(await talk(1_000)).toBeLessThanOrEqual(200)
        await pass(600_000)
        expect(await talk(1_000)).toBeLessThanOrEqual(200)
        expect(client.log.findLast((line) => line.startsWith('peer is reached'))).toMatch(
          'endpoint=udp://server',
        )
        expect([...client.failures, ...server.failures]).toEqual([])
        await client.stop()
        await server.stop()
        await pass(IN_FLIGHT)
        expect(left()).toEqual(NOTHING)
      }),
      { numRuns: 20 },
    )
  }, 30_000)
})
