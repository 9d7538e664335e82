import { expect, it } from 'vitest'
import { referencedPages } from '../../../bench/profile/referenced-pages.js'

it('tells whose the pages are that a process touched', () => {
  const smaps = [
    '00400000-01000000 r-xp 00000000 fe:00 12 /usr/bin/node',
    'Rss:              5000 kB',
    'Referenced:         80 kB',
    '01000000-01100000 r--p 00000000 fe:00 14 /usr/lib/libc.so.6',
    'Referenced:         12 kB',
    '10000000-50001000 rw-p 00000000 00:00 0 ',
    'Referenced:          8 kB',
    '60000000-60100000 rw-p 00000000 00:00 0                          [heap]',
    'Referenced:         20 kB',
    '61000000-62000000 rwxp 00000000 00:00 0 ',
    'Referenced:         40 kB',
  ].join('\n')
  expect(referencedPages(smaps, 2 ** 30)).toEqual({ node: 20, libraries: 3, compiled: 10, arena: 2, heap: 5 })
})
