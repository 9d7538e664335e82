import type { Declared, Doc } from './declared.js'

/** An entry of the package with what it exports. */
export interface Entry {
  readonly name: string
  readonly about: string
  readonly exports: readonly Declared[]
}

const KINDS = [
  ['function', 'Functions'],
  ['class', 'Classes'],
  ['type', 'Types'],
  ['constant', 'Constants'],
] as const

/** The page that has all that the entries export; what an entry before exports as well is not told twice. */
export function apiPage(entries: readonly Entry[]): string {
  const told = new Set<string>()
  const sections = entries.map(({ name, about, exports }) => {
    const own = exports.filter((one) => !told.has(`${one.name} ${one.code}`))
    for (const one of own) told.add(`${one.name} ${one.code}`)
    const kinds = KINDS.flatMap(([kind, heading]) => {
      const these = own.filter((one) => one.kind === kind)
      return these.length === 0 ? [] : [`### ${heading} of ${name}`, ...these.map(section)]
    })
    return [`## ${name}`, about, ...kinds].join('\n\n')
  })
  return `${[TITLE, ...sections].join('\n\n')}\n`
}

const TITLE = `# What can be imported

<!-- Written by "npm run docs:api" out of the declarations. -->

All that the package exports, as its declarations have it. [library.md](library.md) shows how a program runs a tunnel,
[plugins.md](plugins.md) how a part is written, [configuration.md](configuration.md) has the keys of a configuration.`

function section({ code, doc, name, kind }: Declared): string {
  return [
    `#### ${name}`,
    doc.text,
    ...(kind === 'function' ? tagsOf(doc) : []),
    fenced(code),
    ...examplesOf(doc),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function tagsOf({ tags }: Doc): string[] {
  const lines = tags.flatMap(({ tag, text }) => {
    const line = text.replace(/\s*\n\s*/g, ' ')
    if (tag === 'param') return [`- \`${line.replace(/^(\S+)\s*/, '$1`: ')}`]
    if (tag === 'returns') return [`- returns ${line}`]
    return tag === 'throws' ? [`- throws ${line}`] : []
  })
  return lines.length === 0 ? [] : [lines.join('\n')]
}

function examplesOf({ tags }: Doc): string[] {
  return tags.filter(({ tag }) => tag === 'example').map(({ text }) => fenced(text))
}

function fenced(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``
}
