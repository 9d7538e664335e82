import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')

/** A block of code of a page. */
export interface Block {
  /** The path of the page from the root of the repository. */
  readonly page: string
  /** The line at which it begins in the page, from 1. */
  readonly line: number
  /** What stands behind its fence; `indented` if it has none. */
  readonly language: string
  readonly text: string
  /** What the comments of HTML right above it say, which nobody sees who reads the page. */
  readonly marks: readonly string[]
}

/** A command of a block, as somebody types it. */
export interface Command {
  readonly line: number
  readonly words: string
  /** The host that a comment names, `# on the HOST`, behind it or in a line of its own above it. */
  readonly host: string | undefined
  /** The lines that it prints, as the page shows them; undefined if it shows none. */
  readonly shown: readonly string[] | undefined
}

/** The languages of blocks that are typed into a shell; `console` has what is printed too, and a `$` before commands. */
const SHELLS = ['sh', 'console']
const FENCE = /^( *)```(\w*)$/
const MARK = /^ *<!-- (.*) -->$/
const HOST = /# on the ([\w-]+)/

/** README.md and all pages of docs/, as paths from the root of the repository. */
export function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  const named = docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))
  return ['README.md', ...named.toSorted()]
}

/** The blocks of code of a page in its order. */
export function blocksOf(page: string, text = readFileSync(join(ROOT, page), 'utf8')): Block[] {
  const lines = text.split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const fence = FENCE.exec(lines[at]!)
    if (fence === null && !isIndented(lines, at)) continue
    const [, indent, language] = fence ?? [undefined, '    ', 'indented']
    const from = fence === null ? at : at + 1
    let end = from
    const goesOn = () => (fence === null ? /^(?: {4}|$)/.test(lines[end]!) : !FENCE.test(lines[end]!))
    while (end < lines.length && goesOn()) end++
    const content = lines.slice(from, end).map((line) => line.slice(indent!.length))
    blocks.push({
      ...{ page, line: at + 1, language: language!, marks: marksAbove(lines, at) },
      text: `${content.join('\n').trimEnd()}\n`,
    })
    at = end
  }
  return blocks
}

/** Whether somebody is to type what is in a block. */
export function isForShell({ language }: Block): boolean {
  return SHELLS.includes(language)
}

/** What a mark of a block says behind `word: `. */
export function markOf({ marks }: Block, word: string): string | undefined {
  return marks.find((mark) => mark.startsWith(`${word}: `))?.slice(word.length + 2)
}

/** Whether the commands of a block are typed on the hosts of its page: a mark says why they are not, or which test does so. */
export function isRunHere(block: Block): boolean {
  return markOf(block, 'not run') === undefined && markOf(block, 'run by') === undefined
}

/** The file that a block is, by the mark that names it. */
export function fileOf(block: Block): string | undefined {
  return isForShell(block) ? undefined : block.marks.find((mark) => /^[\w./-]+\.\w+$/.test(mark))
}

/** The commands of a block for a shell. */
export function commandsOf(block: Block): Command[] {
  const commands: { line: number; words: string; host: string | undefined; shown: string[] | undefined }[] =
    []
  const isConsole = block.language === 'console'
  let host = markOf(block, 'on')
  let open = false
  for (const [index, line] of block.text.trimEnd().split('\n').entries()) {
    const typed = isConsole && line.startsWith('$ ') ? line.slice(2) : line
    if (open) {
      commands.at(-1)!.words += `\n${typed}`
    } else if (isConsole && !line.startsWith('$ ')) {
      const last = commands.at(-1)
      if (last === undefined)
        throw new Error(`${block.page}:${block.line}: it shows something before any command`)
      last.shown!.push(line)
      continue
    } else if (/^\s*(?:#|$)/.test(typed)) {
      host = HOST.exec(typed)?.[1] ?? host
      continue
    } else {
      const own = HOST.exec(typed)?.[1] ?? host
      commands.push({
        line: block.line + 1 + index,
        words: typed,
        host: own,
        shown: isConsole ? [] : undefined,
      })
    }
    open = typed.endsWith('\\')
  }
  return commands
}

/** Whether a line begins a block by four blanks. */
function isIndented(lines: readonly string[], at: number): boolean {
  return /^ {4,}\S/.test(lines[at]!) && lines[at - 1]?.trim() === ''
}

function marksAbove(lines: readonly string[], at: number): string[] {
  const marks: string[] = []
  for (let above = at - 1; above >= 0; above--) {
    const mark = MARK.exec(lines[above]!)
    if (mark === null) break
    marks.unshift(mark[1]!)
  }
  return marks
}
