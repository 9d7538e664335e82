import { expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { DialWait } from '../../../src/core/api/transport.js'
import { Failover } from '../../../src/transports/pac/failover.js'
import { patient } from '../../support/streams/dial-wait.js'

it('tells the facts of every way at debug, those with others behind them included', async () => {
  const facts: unknown[] = []
  const wait = { ...patient(), note: (told: () => unknown) => void facts.push(told()) }
  const { first } = ways('one', 'two', 'three')
  await first(wait, async (way, { note }) => {
    note?.(() => ({ way }))
    if (way === 'one') throw new Error('no')
  })
  expect(facts).toEqual([{ way: 'one' }, { way: 'two' }])
})

it('tries no way for somebody who waits no longer, and holds that against none', async () => {
  const { first } = ways('one', 'two')
  const tried: string[] = []
  const open = async (way: string) => void tried.push(way)
  await expect(first(patient(AbortSignal.abort(new Error('over'))), open)).rejects.toThrow('over')
  expect(tried).toEqual([])
  await first(patient(), open)
  expect(tried).toEqual(['one'])
})

function ways(...names: string[]) {
  const failover = new Failover(new VirtualClock())
  const first = (wait: DialWait, open: (way: string, wait: DialWait) => Promise<void>) =>
    failover.first(names, { nameOf: (way) => way, pac: 'pac+file:a', wait }, open)
  return { first }
}
