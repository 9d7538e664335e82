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
