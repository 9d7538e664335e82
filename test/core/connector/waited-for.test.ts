import { expect, it } from 'vitest'
import { WaitedFor } from '../../../src/core/connector/waited-for.js'
import { toldReason } from '../../../src/core/reasons/reason.js'

function failed(endpoint: URL, why: string) {
  const error = new Error(why)
  return { kind: 'failed', endpoint, error, reason: toldReason(error, 'dial') } as const
}

it('names the first endpoint of each peer that failed, and why it did last, without secrets', () => {
  const waitedFor = new WaitedFor()
  const [first, second] = [new URL('ws://me:secret@one/path?token=secret'), new URL('udp://two')]
  expect(waitedFor.text).toBe(undefined)
  waitedFor.told('a', failed(first, 'no name server answers'))
  waitedFor.told('a', failed(second, 'refused'))
  waitedFor.told('a', failed(first, 'reset'))
  waitedFor.told('a', { kind: 'opened' })
  waitedFor.told('b', failed(second, 'no such host'))
  expect(waitedFor.text).toBe('waiting for ws://one/path (reset), udp://two (no such host)')
  waitedFor.told('a', { kind: 'found' })
  waitedFor.forget('b')
  expect(waitedFor.text).toBe(undefined)
})

it('names three of many', () => {
  const waitedFor = new WaitedFor()
  for (let peer = 0; peer < 5; peer++) waitedFor.told(`${peer}`, failed(new URL(`udp://host${peer}`), 'late'))
  expect(waitedFor.text).toBe(
    'waiting for udp://host0 (late), udp://host1 (late), udp://host2 (late), and 2 more',
  )
})
