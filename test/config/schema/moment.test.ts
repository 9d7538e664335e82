import { describe, expect, it } from 'vitest'
import { momentOf } from '../../../src/config/schema/moment.js'

describe('momentOf', () => {
  it.each([
    ['2027-01-31', '2027-02-01T00:00:00.000Z'],
    ['2028-02-29', '2028-03-01T00:00:00.000Z'],
    ['2027-01-31T12:00:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:30+02:00', '2027-01-31T10:30:00.000Z'],
  ])('%s ends at %s', (text, end) => {
    expect(new Date(momentOf(text)!).toISOString()).toBe(end)
  })

  it.each([
    '',
    'tomorrow',
    '2027-02-29',
    '2027-13-01',
    '2027-00-10',
    '2027-1-31',
    '2027-01-31T12:00:00',
    '2027-01-31T25:00Z',
    '2027-02-31T12:00:00Z',
    '31.01.2027',
    '+2027-01-31',
  ])("'%s' is none", (text) => {
    expect(momentOf(text)).toBeUndefined()
  })
})
