import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderCircles, folderGraph, folderTable } from './folder-graph.js'

const ROOT = join(import.meta.dirname, '..')
/** The folders whose files are held to the rules. */
const TREES = ['src', 'lab', 'bench', 'test']
/** Lines. The house rule aims below 200; above this a file holds more than one idea. */
const MAX_LINES = 400
/** How files begin that a program writes: they have the length of what they are written out of. */
const WRITTEN = '// Written by "npm run '
/** Files of code. Above this a folder needs a reason in ARCHITECTURE.md, which names it. */
const MAX_FILES = 16

/** What the files of each folder of src may import of ours: folders, or files without their ending. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  transports: ['transports', 'core', 'native'],
  ciphers: ['ciphers', 'core', 'native'],
  tun: ['tun', 'core', 'native'],
  native: ['native', 'core/api/errors', 'core/api/packet', 'core/bytes/views', 'core/bytes/recurring-views'], // its buffers leave the room around packets
  config: ['config', 'core'],
  host: ['host', 'core', 'native'],
  control: ['control', 'core'],
  conformance: [
    'conformance',
    'core',
    'app/plugins',
    'app/builtins',
    'app/container',
    'app/tunnel',
    'tun/memory',
  ],
}
/** The composition root, the command line and the public interface: they name concrete classes. */
const ROOTS = /^src\/(index\.ts$|(app|cli)\/)/
/** What core may not name in its code, since it is a matter of parts: schemes of endpoints, transports, ciphers, drivers. */
const PARTS = /'(udp|tcp|wss?|memory|xor|wireguard|aes-256-gcm|chacha20-poly1305|linux|tuntap2):?'/

/** Suites about the whole, or about what is not in src; every other test mirrors a source file. */
const SUITES = [
  'e2e',
  'interop',
  'fuzz',
  'netsim',
  'docs',
  'golden',
  'support',
  'fixtures',
  'vectors',
  'promises',
  'scripts',
]

/** An import or export from elsewhere, for its side effect or as a call. */
const IMPORT = /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm

interface Source {
  /** The path below the repository. */
  readonly file: string
  readonly text: string
  readonly lines: number
  /** What it imports: paths below the repository without an ending if it is ours, or the package. */
  readonly imports: readonly string[]
}

const all: readonly Source[] = TREES.flatMap((tree) =>
  readdirSync(join(ROOT, tree), { recursive: true, encoding: 'utf8' }).map((file) => join(tree, file)),
)
  .filter((file) => /\.(ts|mjs|js|py)$/.test(file))
  .sort()
  .map((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    return { file, text, lines: text.trimEnd().split('\n').length, imports: importsOf(file, text) }
  })
const sources = within('src/')
const known = new Set(all.map(({ file }) => file.replace(/\.ts$/, '')))

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
    expect(importsOf('src/core/x.ts', text)).toEqual(['a', 'b', 'src/c/d', 'src/core/e', 'f'])
  })

  it.each(Object.entries(ALLOWED))('%s imports nothing of ours but %j', (folder, allowed) => {
    const may = allowed.map((path) => `src/${path}`)
    const wrong = within(`src/${folder}/`).flatMap(({ file, imports }) =>
      imports
        .filter((path) => known.has(path) && !may.some((one) => path === one || path.startsWith(`${one}/`)))
        .map((path) => `${file} imports ${path}`),
    )
    expect(wrong).toEqual([])
  })

  it('core knows no socket, no cryptography and no driver', () => {
    const wrong = within('src/core/').flatMap(({ file, imports }) =>
      imports.filter((path) => !known.has(path)).map((path) => `${file} imports ${path}`),
    )
    expect(wrong).toEqual([])
  })

  it('core names no scheme of an endpoint and no part', () => {
    const code = within('src/core/').map(({ file, text }) => ({ file, code: withoutComments(text) }))
    expect(code.filter(({ code }) => PARTS.test(code)).map(({ file }) => file)).toEqual([])
  })

  it('src imports nothing of lab, bench and test, lab nothing of bench and test, bench nothing of test', () => {
    const wrong = TREES.flatMap((tree, at) =>
      within(`${tree}/`).flatMap(({ file, imports }) =>
        imports
          .filter((path) => known.has(path) && TREES.slice(at + 1).includes(path.split('/')[0]!))
          .map((path) => `${file} imports ${path}`),
      ),
    )
    expect(wrong).toEqual([])
  })

  it('no folder reaches itself through others', () => {
    const graph = folderGraph(all)
    process.stdout.write(`${folderTable(graph)}\n\n${lengths()}\n`)
    expect(folderCircles(graph)).toEqual([])
  })

  it('every file of src belongs to a folder with rules, or to those that name concrete classes', () => {
    const lawless = sources.filter(({ file }) => !(file.split('/')[1]! in ALLOWED) && !ROOTS.test(file))
    expect(lawless.map(({ file }) => file)).toEqual([])
  })
})

describe('the house rules', () => {
  it(`keep every file at ${MAX_LINES} lines or less`, () => {
    const isWritten = (file: string) => readFileSync(join(ROOT, file), 'utf8').startsWith(WRITTEN)
    const long = all.filter(({ file, lines }) => lines > MAX_LINES && !isWritten(file))
    expect(long.map(({ file, lines }) => `${file}: ${lines}`)).toEqual([])
  })

  it(`keep every folder at ${MAX_FILES} files or less, but with a reason in ARCHITECTURE.md`, () => {
    const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
    const large = [...folderGraph(all)].filter(([, { files }]) => files > MAX_FILES)
    expect(large.filter(([folder]) => !text.includes(`\`${folder}/\``)).map(([folder]) => folder)).toEqual([])
  })

  it('name every unit test after the source file that it tests, or that and an aspect, in the folder of that', () => {
    const suites = new RegExp(`^test/(${SUITES.join('|')})/|^test/[^/]+$`)
    const wrong = all.filter(({ file }) => {
      if (!file.endsWith('.test.ts') || !file.startsWith('test/') || suites.test(file)) return false
      const source = file.slice('test/'.length).replace(/(\.[^./]+)?\.test\.ts$/, '')
      return !known.has(`src/${source}`) && !known.has(source)
    })
    expect(wrong.map(({ file }) => file)).toEqual([])
  })

  it('write to no console', () => {
    expect(sources.filter(({ text }) => /\bconsole\./.test(text)).map(({ file }) => file)).toEqual([])
  })

  it('have no enum and no private by word', () => {
    const wrong = sources.filter(({ text }) =>
      /^\s*(export )?(const )?enum \w|^\s*private (?!constructor)/m.test(text),
    )
    expect(wrong.map(({ file }) => file)).toEqual([])
  })
})

/** Medians and 90th percentiles of the lengths of files, a line for each tree. */
function lengths(): string {
  return TREES.map((tree) => {
    const lines = within(`${tree}/`)
      .map((source) => source.lines)
      .sort((a, b) => a - b)
    const at = (part: number) => lines[Math.floor(part * (lines.length - 1))]
    return `${tree}: ${lines.length} files, lines: median ${at(0.5)}, 90th percentile ${at(0.9)}, most ${at(1)}`
  }).join('\n')
}

function within(folder: string): Source[] {
  return all.filter(({ file }) => file.startsWith(folder))
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '')
}

function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, statement, call]) => {
    const target = (statement ?? call)!
    if (!target.startsWith('.')) return target
    return relative('.', join(dirname(file), target)).replace(/\.js$/, '')
  })
}
