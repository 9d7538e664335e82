import { expect, it } from 'vitest'
import { processStart, runningSince } from '../../../src/core/time/process-start.js'

it('is read behind a name that has spaces and brackets, and is none if the line was cut', () => {
  const fields = Array.from({ length: 50 }, (_, index) => String(index + 3)).join(' ')
  expect(processStart(`7 (a) b) (c) ${fields}\n`)).toBe('22')
  expect(processStart('7 (a) S 1 2')).toBeUndefined()
})

it.each([
  ['S', '22'],
  ['T', '22'],
  ['Z', undefined],
  ['X', undefined],
])('of a process in state %s that runs is %s', (state, start) => {
  const fields = Array.from({ length: 50 }, (_, index) => String(index + 4)).join(' ')
  expect(runningSince(`7 (a) ${state} ${fields}\n`)).toBe(start)
  expect(runningSince(undefined)).toBeUndefined()
})
