import { expect, it } from 'vitest'
import { formatTable } from '../../../src/cli/output/table.js'

it('makes columns as wide as their widest cell, and ends numbers in line', () => {
  const columns = [{ title: 'name' }, { title: 'ms', numeric: true }, { title: 'x' }]
  const rows = [
    ['udp', '1.25', ''],
    ['websocket', '10.50', 'yes'],
  ]
  expect(formatTable(columns, rows)).toEqual([
    'name          ms  x',
    '─────────  ─────  ───',
    'udp         1.25',
    'websocket  10.50  yes',
  ])
})

const LONG = [{ title: 'peer' }, { title: 'ms', numeric: true }, { title: 'why' }]
const ROWS = [
  ['office', '12', 'the far end closed the connection, and it did so before'],
  ['phone', '3', 'no'],
]

it('folds the last column at spaces if the table is wider than the screen', () => {
  const lines = formatTable(LONG, ROWS, 40)
  expect(lines).toEqual([
    'peer    ms  why',
    '──────  ──  ────────────────────────────',
    'office  12  the far end closed the',
    '            connection, and it did so',
    '            before',
    'phone    3  no',
  ])
})

it.each([8, 10, 20, 30])(
  'has a line for each cell if a screen of %i columns is too narrow for that',
  (width) => {
    const lines = formatTable(LONG, ROWS, width)
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width)
    expect(lines.slice(0, 2)).toEqual(width < 12 ? lines.slice(0, 2) : ['peer  office', 'ms    12'])
    expect(lines.join('').replace(/ |peer|ms|why/g, '')).toContain('closedtheconnection')
  },
)
