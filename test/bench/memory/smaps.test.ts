import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ownBytes, residentParts } from '../../../bench/memory/smaps.js'
import { residentBytes } from '../../../lab/process-usage.js'
import { ARENA_BYTES } from '../../../src/native/base/arena.js'
import { native } from '../../../src/native/base/native.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

it('tells files, the arena and all else apart', () => {
  const smaps = [
    '00400000-01000000 r-xp 00000000 fe:00 12 /usr/bin/node',
    'Size: 12288 kB',
    'Rss:              5000 kB',
    '10000000-50001000 rw-p 00000000 00:00 0 ',
    'Rss:               300 kB',
    '60000000-60100000 rw-p 00000000 00:00 0                          [heap]',
    'Rss:                20 kB',
    '70000000-f0000000 ---p 00000000 00:00 0 ',
    'Rss:                 0 kB',
  ].join('\n')
  expect(residentParts(smaps, 2 ** 30)).toEqual({
    files: 5000 * 1024,
    arena: 300 * 1024,
    anonymous: 20 * 1024,
  })
})

it('tells what no other process shares', () => {
  const rollup = [
    '00400000-7fff0000 ---p 00000000 00:00 0                          [rollup]',
    'Rss:               70000 kB',
    'Pss:               30000 kB',
    'Shared_Clean:      40000 kB',
    'Private_Clean:      4000 kB',
    'Private_Dirty:     26000 kB',
  ].join('\n')
  expect(ownBytes(rollup)).toEqual({ whole: 70_000 * 1024, own: 30_000 * 1024 })
  const { own, whole } = ownBytes(readFileSync('/proc/self/smaps_rollup', 'utf8'))
  expect(own).toBeGreaterThan(1e6)
  expect(own).toBeLessThan(whole)
})

it.skipIf(nativeMissing)(
  orSkipped('finds what a process of this program touched of its arena', nativeMissing),
  () => {
    const parts = () => residentParts(readFileSync('/proc/self/smaps', 'utf8'), ARENA_BYTES)
    const { arena } = native()
    const before = parts()
    arena.reserve(8e6).bytes.fill(1)
    const after = parts()
    expect(after.arena - before.arena).toBeGreaterThan(7.9e6)
    expect(after.arena - before.arena).toBeLessThan(8.1e6)
    const whole = after.files + after.arena + after.anonymous
    expect(Math.abs(whole - residentBytes(process.pid)) / whole).toBeLessThan(0.2)
  },
)
