import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PAGES } from '../../e2e/pages/table.js'
import {
  blocksOf,
  commandsOf,
  fileOf,
  isForShell,
  isRunHere,
  markOf,
  pages,
} from '../../support/pages/blocks.js'
import { isLike } from '../../support/pages/likeness.js'

const ROOT = join(import.meta.dirname, '../../..')
/** More than so many blocks that nobody runs need a good reason. */
const MOST_NOT_RUN = 12
/** A line that is typed into a shell. */
const TYPED =
  /^(?:\$ |sudo |(?:[A-Z_]+=\S+ )*(?:qanat|qanat-wg|npm|npx|node|ip|wg|wg-quick|systemctl|journalctl|install|curl|docker) |for \w+ in )/m

const PAGE = `Text.

<!-- on: client -->
\`\`\`console
$ qanat status
one
  two
$ qanat down \\
    client.toml
\`\`\`

- A list:

  <!-- wg0.conf -->
  \`\`\`ini
  [Interface]
    MTU = 1280
  \`\`\`

<!-- not run: needs a phone -->
<!-- on: phone -->
\`\`\`sh
scan

# on the server
ls    # a comment
ls    # on the client: another one
\`\`\`

    indented

      more
Text.
`

describe('the blocks of a page', () => {
  const [shown, file, typed, indented, ...rest] = blocksOf('page.md', PAGE)

  it('are found with their languages, marks and text', () => {
    expect(rest).toEqual([])
    expect([shown, file, typed, indented].map((block) => [block?.line, block?.language])).toEqual([
      [4, 'console'],
      [15, 'ini'],
      [22, 'sh'],
      [30, 'indented'],
    ])
    expect(file!.text).toBe('[Interface]\n  MTU = 1280\n')
    expect(indented!.text).toBe('indented\n\n  more\n')
    expect(fileOf(file!)).toBe('wg0.conf')
    expect(markOf(typed!, 'not run')).toBe('needs a phone')
    expect([shown, typed].map((block) => isRunHere(block!))).toEqual([true, false])
  })

  it('have commands, which are typed on the host that a comment names, with what they print', () => {
    expect(commandsOf(shown!)).toEqual([
      { line: 5, words: 'qanat status', host: 'client', shown: ['one', '  two'] },
      { line: 8, words: 'qanat down \\\n    client.toml', host: 'client', shown: [] },
    ])
    expect(commandsOf(typed!).map(({ words, host }) => [words, host])).toEqual([
      ['scan', 'phone'],
      ['ls    # a comment', 'server'],
      ['ls    # on the client: another one', 'client'],
    ])
  })
})

describe('what is printed is like what a page shows', () => {
  it.each([
    ['up for 3 h, sent 1.20 GB', 'up for 12 s, sent 0 B'],
    ['key +HdXLqupxi1daUgEW0AmxfHlkO8HdmDllymAMJnwbUg=', 'key +O9cnWqseXk/11EaR3J7SpoltXxgLHE2tCZT1pegmm0='],
    [
      'peer    at\n──────  ──\nlaptop  udp://192.0.2.1:40211',
      'peer  at\n────  ─\nlaptop udp://192.0.2.1:51234\n',
    ],
    ['one\n…\nfour', 'one\ntwo\nthree\nfour'],
    ['one … three', 'one two three'],
  ])('%j: %j', (shown, printed) => {
    expect(isLike(shown.split('\n'), printed.split('\n'))).toBe(true)
  })

  it.each([
    ['line 4', 'line 7'],
    ['one', 'one\ntwo'],
    ['one\ntwo', 'one'],
    ['a.c', 'abc'],
    ['sent 1 GB', 'sent nothing'],
  ])('not %j: %j', (shown, printed) => {
    expect(isLike(shown.split('\n'), printed.split('\n'))).toBe(false)
  })
})

describe('the blocks of README.md and docs/', () => {
  const all = pages().flatMap((page) => blocksOf(page))
  const typed = all.filter(isForShell)
  const place = ({ page, line }: { page: string; line: number }) => `${page}:${line}`

  it('say by a fence and a language what they are', () => {
    const unsaid = all.filter(({ language, text }) => language === 'indented' && TYPED.test(text))
    expect(unsaid.map(place)).toEqual([])
    expect(all.filter(({ language }) => ['', 'bash', 'shell', 'zsh'].includes(language)).map(place)).toEqual(
      [],
    )
  })

  it('are typed by test/e2e/pages/pages.test.ts if they are for a shell', () => {
    const here = typed.filter(isRunHere)
    expect([...new Set(here.map(({ page }) => page))].toSorted()).toEqual(Object.keys(PAGES).toSorted())
    const unknown = here.filter((block) => {
      const { hosts } = PAGES[block.page]!
      return commandsOf(block).some(({ host }) => host !== undefined && !(host in hosts))
    })
    expect(unknown.map(place)).toEqual([])
  })

  it('name a file that root made behind sudo alone', () => {
    const made = new Set<string>()
    const refused = typed.flatMap((block) => {
      const [first = ''] = Object.keys(PAGES[block.page]?.hosts ?? {})
      return commandsOf(block).flatMap(({ host = first, line, words }) =>
        words.split(/&&|\|\||[;|()]/).flatMap((part) => {
          const at = (file: string) => [block.page, host, file].join(' ')
          const isRoots = /^\s*sudo /.test(part)
          const isMade = part.split(/\s+/).some((word) => made.has(at(word)))
          const [, file] = / (?:-o|-c\w*f) (\S+)/.exec(part) ?? []
          if (isRoots && file !== undefined) made.add(at(file))
          return isMade && !isRoots ? [`${block.page}:${line}: ${words}`] : []
        }),
      )
    })
    expect(refused).toEqual([])
  })

  it('or by a test that reads them from the page', () => {
    const elsewhere = typed.filter((block) => markOf(block, 'run by') !== undefined)
    for (const block of elsewhere) {
      const path = join(ROOT, markOf(block, 'run by')!)
      expect(existsSync(path), place(block)).toBe(true)
      expect(readFileSync(path, 'utf8'), place(block)).toContain(`blocksOf('${block.page}')`)
    }
  })

  it('or say why nobody types them, which few do', () => {
    const left = typed.filter((block) => markOf(block, 'not run') !== undefined)
    expect(left.length).toBeLessThanOrEqual(MOST_NOT_RUN)
    expect(left.filter((block) => markOf(block, 'not run')!.length < 10).map(place)).toEqual([])
  })
})
