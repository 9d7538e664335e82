import { type HookPeer, packetOf } from 'qanat'
import { pluginContext, VirtualClock } from 'qanat/conformance'
import { describe, expect, it } from 'vitest'
import plugin from './index.js'
import { MOST_COUNTED, parseQuota, QuotaBook } from './quotas.js'

const ALICE: HookPeer = { id: 'key of alice', name: 'alice' }
const BOB: HookPeer = { id: 'key of bob', name: 'bob' }
const MIB = 2 ** 20
/** Bytes. */
const PACKET = 1_024
const MONTH = 31 * 24 * 60 * 60 * 1_000

/** A clock whose month can be chosen. */
class Calendar extends VirtualClock {
  today = Date.UTC(2026, 10, 29)
  override wall(): number {
    return this.today
  }
}

/** The hook with these quotas, and how many of so many packets pass. `storage` is that of an earlier start. */
function lab(quotas: string[], storage?: ReturnType<typeof pluginContext>['storage']) {
  const clock = new Calendar()
  const given = pluginContext(plugin, clock, { quotas })
  const context = { ...given, storage: storage ?? given.storage, mtu: 1_420 }
  const hook = plugin.packetHooks['packets-rate'].create(context as never)
  const passes =
    (way: 'outgoing' | 'incoming') =>
    (count: number, peer = ALICE): number => {
      const packets = new Array(count).fill(undefined).map(() => packetOf(new Uint8Array(PACKET)))
      return hook[way](packets, peer, 0)?.packets?.length ?? count
    }
  return { clock, hook, storage: context.storage, out: passes('outgoing'), into: passes('incoming') }
}

describe('A quota', () => {
  it('lets so many bytes of both ways pass in a month; the rest is dropped and counted', () => {
    const { clock, hook, out, into } = lab(['1MiB'])
    expect([out(600), into(600), out(1), out(9, BOB)]).toEqual([600, 424, 0, 9])
    expect(hook.drops.quota).toBe(177)
    clock.today += MONTH
    expect(out(1)).toBe(1)
    clock.today -= MONTH
    expect([out(2_000), out(1)]).toEqual([1_023, 0])
  })

  it('is that of a way or of a peer if it says so; without one nothing is limited', () => {
    const { out, into } = lab(['out 1MiB peer bob', 'in 2MiB peer key of alice'])
    expect([out(2_000, BOB), into(3_000, BOB)]).toEqual([1_024, 3_000])
    expect([out(3_000), into(3_000)]).toEqual([3_000, 2_048])
  })

  it('goes on after a restart, and after a kill with what was used 5 s before', () => {
    const first = lab(['1MiB'])
    first.out(1_000)
    first.clock.advance(5_000)
    first.out(20)
    const killed = lab(['1MiB'], first.storage)
    expect(killed.out(100)).toBe(24)
    killed.hook.close()
    expect(lab(['1MiB'], first.storage).out(1)).toBe(0)
  })

  it('is refused in one line if it is none', () => {
    const wrong: readonly [quota: string, why: string][] = [
      ['', 'it must be within 1MiB to 1024TiB'],
      ['1', 'it must be within 1MiB to 1024TiB'],
      ['0MiB', 'it must be within 1MiB to 1024TiB'],
      ['1025TiB', 'it must be within 1MiB to 1024TiB'],
      ['1MiB peer', "behind 'peer' there is no name"],
      ['1MiB daily', "'daily' is not expected there; the order is bytes, peer"],
    ]
    for (const [quota, why] of wrong)
      expect(() => parseQuota(quota)).toThrow(`Cannot read the quota '${quota}': ${why}`)
  })

  it('is counted for a bounded number of peers, which storage holds', () => {
    const { storage } = lab(['1MiB'])
    const book = new QuotaBook([parseQuota('1MiB')], { storage, clock: new Calendar() })
    for (let number = 0; number <= MOST_COUNTED; number++) {
      const peer = { id: `${'k'.repeat(40)}${number}` }
      book.takes(book.quotaOf(peer, 'in')!, peer, 'in', MIB)
    }
    book.store()
    expect(storage.getText('used')).toContain(`${MOST_COUNTED}`)
  })
})
