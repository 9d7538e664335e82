import { describe, expect, it } from 'vitest'
import { retryAfter } from '../../../src/transports/http/retry-after.js'

const NOW = Date.UTC(2026, 10, 29, 12, 0, 0)

describe('retryAfter', () => {
  it.each([
    ['0', 0],
    ['7', 7_000],
    ['120', 120_000],
    ['999999999', 999_999_999_000],
    ['9'.repeat(400), Number.POSITIVE_INFINITY],
    ['Sun, 29 Nov 2026 12:00:05 GMT', 5_000],
    ['Sunday, 29-Nov-26 12:00:05 GMT', 5_000],
    ['Sun Nov 29 12:00:05 2026', 5_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59) - NOW],
    ['Sun, 29 Nov 2026 11:59:59 GMT', 0],
  ])('reads %j', (header, milliseconds) => {
    expect(retryAfter(header, NOW)).toBe(milliseconds)
  })

  it.each([
    undefined,
    '',
    ' ',
    '-5',
    '1.5',
    '5s',
    '0x10',
    'soon',
    'soon 7',
    '5, 5',
    '2026-11-29T12:00:05Z',
    'Sun, 99 Nov 2026 12:00:05 GMT',
    'Sun, 29 Nov 2026 12:00:05 GMT, 5',
  ])('takes %j for nothing said', (header) => {
    expect(retryAfter(header, NOW)).toBeUndefined()
  })
})
