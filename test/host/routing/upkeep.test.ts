import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { type Kept, Upkeep } from '../../../src/host/routing/upkeep.js'
import type { NetworkEvent } from '../../../src/native/netlink/network-watch.js'
import { KeptLog } from '../parts.js'

describe('what a tunnel made of the network', () => {
  let clock: VirtualClock
  let log: KeptLog
  let changed: (event: NetworkEvent) => void
  let missing: string[]
  let looks: number
  let closed: boolean
  let upkeep: Upkeep
  beforeEach(() => {
    clock = new VirtualClock()
    log = new KeptLog()
    missing = []
    looks = 0
    closed = false
    const kept: Kept = {
      kind: 'routing',
      restore: () => {
        looks++
        return missing.splice(0)
      },
    }
    upkeep = new Upkeep({
      ...{ clock, log, kept: [kept] },
      watch: (tell) => {
        changed = tell
        return {
          close: async () => {
            closed = true
          },
        }
      },
    })
  })

  const removed = async (port: number | undefined = 1) => {
    missing.push('a route')
    changed({ kind: 'routing', port })
    await settled()
  }
  const told = () => log.lines.map(({ level, message }) => `${level}: ${message}`)

  it('is restored at once, and the log names the program that removed it', async () => {
    await removed(process.ppid)
    expect(looks).toBe(1)
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { what: ['a route'] } }])
    expect(log.lines[0]!.fields.by).not.toBe('another program')
  })

  it('is not laid to a program that changed something else before', async () => {
    changed({ kind: 'routing', port: process.ppid })
    await settled()
    clock.advance(1_000)
    await removed(0)
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { by: 'another program' } }])
  })

  it('is looked at once in 50 ms, however many events come', async () => {
    for (let event = 0; event < 100; event++) changed({ kind: 'routing', port: 0 })
    await settled()
    expect(looks).toBe(1)
    clock.advance(50)
    await settled()
    expect(looks).toBe(2)
    clock.advance(1_000)
    await settled()
    expect(looks).toBe(2)
    expect(log.lines).toEqual([])
  })

  it('is left alone by events of another kind', async () => {
    changed({ kind: 'filter', port: 1 })
    await settled()
    expect(looks).toBe(0)
  })

  it('is restored three times in ten seconds, then called broken once, and again once ten are over', async () => {
    for (let time = 0; time < 3; time++) {
      await removed()
      clock.advance(100)
      await settled()
    }
    expect(told()).toEqual([
      'warn: restored what was removed',
      'warn: restored what was removed',
      expect.stringMatching(/^error: broken: .* keeps removing it$/),
    ])
    await removed()
    clock.advance(9_000)
    await settled()
    expect(missing).toEqual(['a route'])
    clock.advance(1_000)
    await settled()
    expect(missing).toEqual([])
  })

  it('is looked at again if events were lost', async () => {
    await removed(undefined)
    expect(missing).toEqual([])
  })

  it('is not looked at any more once it is closed', async () => {
    changed({ kind: 'routing', port: 0 })
    changed({ kind: 'routing', port: 0 })
    await upkeep.close()
    clock.advance(1_000)
    expect(looks).toBe(1)
    expect(closed).toBe(true)
  })
})

/** Promises go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
