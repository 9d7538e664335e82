import { expect, it } from 'vitest'
import { Usage } from '../../../bench/measure/usage.js'
import type { Program } from '../../../lab/program.js'

const self = { pid: process.pid } as Program

it('counts what runs beside an end as part of that end', () => {
  const alone = new Usage([self, self]).peak!
  const helped = new Usage([self, self], [[], [self]]).peak!
  expect(helped).toBeGreaterThanOrEqual(2 * alone)
})

it('knows no memory and no CPU time without ends', async () => {
  const usage = new Usage([])
  expect(usage.peak).toBeUndefined()
  expect(await usage.during(async () => 'done')).toEqual(['done', undefined])
})
