/** Whose pages are, in the order of the tables. */
export const PAGE_KINDS = ['node', 'libraries', 'compiled', 'arena', 'heap'] as const

/**
 * Pages of 4 KiB that were touched: of the program node, of libraries, of code that V8 compiled, of the arena, and all else, which is
 * V8's heap, what malloc gave out, and stacks.
 */
export type TouchedPages = Readonly<Record<(typeof PAGE_KINDS)[number], number>>

/** `from-to rights offset device inode path` begins a mapping. proc_pid_smaps(5) */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ (\d+) *(.*)$/
const REFERENCED = /^Referenced: +(\d+) kB$/
/** KiB of a page. */
const PAGE = 4

/**
 * Reads the pages that were touched from /proc/PID/smaps.
 *
 * @param arenaBytes by which the arena is known: see `residentParts`.
 */
export function referencedPages(smaps: string, arenaBytes: number): TouchedPages {
  const pages = { node: 0, libraries: 0, compiled: 0, arena: 0, heap: 0 }
  let kind: keyof typeof pages = 'heap'
  for (const line of smaps.split('\n')) {
    const mapping = MAPPING.exec(line)
    if (mapping !== null) {
      const [, from = '', to = '', rights = '', inode, path = ''] = mapping
      const bytes = Number.parseInt(to, 16) - Number.parseInt(from, 16)
      if (inode !== '0') kind = /\/node$/.test(path) ? 'node' : 'libraries'
      else if (bytes >= arenaBytes && bytes < 2 * arenaBytes) kind = 'arena'
      else kind = rights.includes('x') ? 'compiled' : 'heap'
    }
    const referenced = REFERENCED.exec(line)
    if (referenced !== null) pages[kind] += Number(referenced[1]) / PAGE
  }
  return pages
}
