import { expect, it } from 'vitest'
import { LineMap } from '../../../src/config/check/line-map.js'

it('knows the line of a thing, or else of the nearest one around it, and counts the first place', () => {
  const lines = new LineMap()
  lines.mark(['peer', 0], 4)
  lines.mark(['peer', 0, 'name'], 6)
  lines.mark(['peer', 0, 'name'], 9)
  expect(lines.lineOf(['peer', 0, 'name'])).toBe(6)
  expect(lines.lineOf(['peer', 0, 'endpoints', 1])).toBe(4)
  expect(lines.lineOf(['peer', '0'])).toBeUndefined()
  expect(lines.lineOf([])).toBeUndefined()
})
