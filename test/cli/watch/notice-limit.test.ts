import { expect, it } from 'vitest'
import { MOST_NOTICES, NoticeLimit } from '../../../src/cli/watch/notice-limit.js'
import type { Change } from '../../../src/cli/watch/tunnel-watch.js'

function changeOf(kind: Change['kind'], peer = 'hub'): Change {
  return { kind, peer, file: '/a.toml', endpoint: null, code: null, why: null, remedy: null }
}

it('tells nothing twice in a minute, and sums up what it kept back once that is over', () => {
  const limit = new NoticeLimit()
  const flaps = Array.from({ length: 30 }, (_, at) => changeOf(at % 2 === 0 ? 'lost' : 'connected'))
  const told = flaps.filter((change, at) => limit.admits(change, 1_000 + at * 1_000))
  expect(told.map(({ kind }) => kind)).toEqual(['lost', 'connected'])
  expect(limit.summary(60_999)).toBe(0)
  expect(limit.summary(61_000)).toBe(28)
  expect(limit.summary(200_000)).toBe(0)
  expect(limit.admits(changeOf('lost'), 200_000)).toBe(true)
})

it('tells a few things of many in a minute, however many peers there are', () => {
  const limit = new NoticeLimit()
  let told = 0
  const seconds = 600
  for (let second = 0; second < seconds; second++) {
    for (let peer = 0; peer < 50; peer++) {
      if (limit.admits(changeOf('lost', `${second} ${peer}`), second * 1_000)) told++
    }
    if (limit.summary(second * 1_000) > 0) told++
  }
  expect(told).toBeLessThanOrEqual((seconds / 60) * (MOST_NOTICES + 1))
  expect(told).toBeGreaterThanOrEqual((seconds / 60) * MOST_NOTICES)
})
