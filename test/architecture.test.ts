import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderCircles, folderGraph, folderTable } from './folder-graph.js'

const SOURCES = join(import.meta.dirname, '../src')
/** Lines. The house rule aims below 200; above this a file holds more than one idea. */
const MAX_LINES = 250

/** What the files of each folder may import of ours: folders, or files without their ending. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  transports: ['transports', 'core', 'native'],
  ciphers: ['ciphers', 'core', 'native'],
  tun: ['tun', 'core', 'native'],
  native: ['native', 'core/api/errors', 'core/api/packet', 'core/bytes/views'], // its buffers leave the room around packets
  config: ['config', 'core'],
  host: ['host', 'core', 'native'],
  control: ['control', 'core'],
  conformance: ['conformance', 'core', 'app/plugins'],
}
/** The composition root, the command line and the public interface: they name concrete classes. */
const ROOTS = /^index\.ts$|^(app|cli)\//
/** What core may import besides its own files: it knows no socket, no cryptography and no driver. */
const PACKAGES_OF_CORE = ['tsyringe', 'node:fs', 'node:module', 'node:path', 'node:url']

/**
 * Sets of folders that still reach themselves through one another, type imports counted. Folders are those that hold a file
 * themselves: `core` and `core/path-mtu` are two. A circle that is gone leaves this list, and none joins it.
 */
const CIRCLES: readonly (readonly string[])[] = []

/** An import or export from elsewhere, for its side effect or as a call. */
const IMPORT = /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm

interface Source {
  readonly file: string
  readonly text: string
  /** What it imports: paths below src without an ending where it is ours, or the package. */
  readonly imports: readonly string[]
}

const sources: readonly Source[] = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort()
  .map((file) => {
    const text = readFileSync(join(SOURCES, file), 'utf8')
    return { file, text, imports: importsOf(file, text) }
  })

describe('the import rules of ARCHITECTURE.md', () => {
  it('sees the imports of every kind', () => {
    const text = [
      "import 'a'",
      "import b from 'b'",
      "import {\n  type C,\n  c,\n} from '../c/d.js'",
      "export * from './e.js'",
      "const f = await import('f')",
      "const text = 'import of nothing'",
    ].join('\n')
    expect(importsOf('core/x.ts', text)).toEqual(['a', 'b', 'c/d', 'core/e', 'f'])
  })

  it.each(Object.entries(ALLOWED))('%s imports nothing of ours but %j', (folder, allowed) => {
    const wrong = within(`${folder}/`).flatMap(({ file, imports }) =>
      imports
        .filter((path) => isOurs(path) && !allowed.some((may) => path === may || path.startsWith(`${may}/`)))
        .map((path) => `${file} imports ${path}`),
    )
    expect(wrong).toEqual([])
  })

  it('core knows no socket, no cryptography and no driver', () => {
    const wrong = within('core/').flatMap(({ file, imports }) =>
      imports
        .filter((path) => !isOurs(path) && !PACKAGES_OF_CORE.includes(path))
        .map((path) => `${file} imports ${path}`),
    )
    expect(wrong).toEqual([])
  })

  it('no folder reaches itself through others but in the circles listed', () => {
    const graph = folderGraph(sources)
    process.stdout.write(`${folderTable(graph)}\n`)
    expect(folderCircles(graph)).toEqual(CIRCLES)
  })

  it('every file belongs to a folder with rules, or to those that name concrete classes', () => {
    const lawless = sources.filter(({ file }) => !(file.split('/')[0]! in ALLOWED) && !ROOTS.test(file))
    expect(lawless.map(({ file }) => file)).toEqual([])
  })
})

describe('the house rules', () => {
  it(`keeps every file at ${MAX_LINES} lines or less`, () => {
    const long = sources.map(({ file, text }) => ({ file, lines: text.trimEnd().split('\n').length }))
    expect(long.filter(({ lines }) => lines > MAX_LINES)).toEqual([])
  })

  it('writes to no console', () => {
    expect(sources.filter(({ text }) => /\bconsole\./.test(text)).map(({ file }) => file)).toEqual([])
  })

  it('has no enum and no private by word', () => {
    const wrong = sources.filter(({ text }) =>
      /^\s*(export )?(const )?enum \w|^\s*private (?!constructor)/m.test(text),
    )
    expect(wrong.map(({ file }) => file)).toEqual([])
  })
})

function within(folder: string): Source[] {
  return sources.filter(({ file }) => file.startsWith(folder))
}

/** Whether a path of `imports` is no package and no module of node's. */
function isOurs(path: string): boolean {
  return path.startsWith('../') || sources.some(({ file }) => file === `${path}.ts`)
}

function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, statement, call]) => {
    const target = (statement ?? call)!
    if (!target.startsWith('.')) return target
    return relative('.', join(dirname(file), target)).replace(/\.js$/, '')
  })
}
