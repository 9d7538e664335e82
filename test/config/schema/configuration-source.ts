import { FORMER_KEYS } from '../../../src/config/schema/former-keys.js'
import { camelName } from '../../../src/config/schema/names.js'

/** What is used of JSON Schema. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | false
}

/** Characters of the longest line of a comment. */
const WIDTH = 118

/** Characters of the longest line of code, as the formatter has it. */
const CODE_WIDTH = 110

/** What is other than in a file for a configuration that a program has: what the schema says, what holds. */
const FOR_PROGRAMS: readonly (readonly [said: string, holds: string])[] = [
  ['relative to this one', 'relative to the option `folder`'],
  ["the file's name without its ending", 'the kernel picks one'],
  [
    'Once the tunnel is up, Qanat runs as this user',
    "Refused: the process is the program's. In files, the user",
  ],
  [
    'Members of this group may use',
    "Refused: the process is the program's. In files, members of this group may use",
  ],
]

/** The source of the types of a configuration as programs write it, out of the schema of files. */
export function configurationSource(schema: Schema): string {
  const tables = Object.entries(schema.properties!)
  const keys = tables.flatMap(([, table]) => Object.keys(tableOf(table)?.properties ?? {}))
  const named = tables.flatMap(([name, table]) => {
    const found = tableOf(table)
    return found === undefined ? [] : [{ name, found }]
  })
  const members = tables.map(([name, table]) => {
    const text = { ...table, description: withoutAllowed(table.description!) }
    return name === 'interface' || name === 'peer'
      ? member(name === 'peer' ? 'peers' : name, text, keys, {
          isRequired: true,
          type: typeOfTable(name, table),
        })
      : member(name, text, keys, { type: typeOfTable(name, table) })
  })
  return [
    '// Written by "npm run docs:api" out of the schema, which is what to change.\n\n',
    ...named.map(({ name, found }) => `${interfaceOf(name, found, keys)}\n`),
    comment(
      'A configuration as a program writes it: that of a TOML file, tables and keys in camel case. What is undefined counts as left out. docs/configuration.md',
      '',
    ),
    `export interface Configuration {\n${members.join('')}}\n`,
  ].join('')
}

/** The table that is there once, or of which there is a list. */
function tableOf(schema: Schema): Schema | undefined {
  return [schema, schema.items].find((one) => one?.properties !== undefined)
}

function interfaceOf(name: string, table: Schema, keys: readonly string[]): string {
  const members = Object.entries(table.properties!).map(([key, value]) => member(key, value, keys))
  const former = Object.entries(FORMER_KEYS[name] ?? {}).map(([key, now]) => {
    const deprecated = { ...table.properties![now]!, description: `@deprecated It is \`${camelName(now)}\`` }
    return member(key, deprecated, [])
  })
  const body = [...members, ...former].join('')
  return `${comment(table.description!, '')}export interface ${typeName(name)} {\n${body}}\n`
}

/** A key with its comment. `keys` are those that a comment may name as files write them. */
function member(
  key: string,
  schema: Schema,
  keys: readonly string[],
  { isRequired = false, type = typeOf(schema) } = {},
): string {
  const text = FOR_PROGRAMS.reduce(
    (before, [said, holds]) => before.replace(said, holds),
    schema.description!,
  )
  const name = `  readonly ${camelName(key)}`
  const line = isRequired ? `${name}: ${type}` : `${name}?: ${type} | undefined`
  const code = line.length > CODE_WIDTH ? `${name}?:\n    | ${type}\n    | undefined` : line
  return `${comment(inCamelCase(text, keys), '  ')}${code}\n`
}

function typeOfTable(name: string, table: Schema): string {
  if (table.properties !== undefined) return typeName(name)
  return table.items?.properties === undefined ? typeOf(table) : `readonly ${typeName(name)}[]`
}

function typeOf({ type, enum: words, anyOf, items, additionalProperties }: Schema): string {
  if (words !== undefined) return words.map((word) => `'${word}'`).join(' | ')
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' | ')
  if (type === 'integer') return 'number'
  if (type === 'array') {
    const item = typeOf(items!)
    return `readonly ${item.includes('|') ? `(${item})` : item}[]`
  }
  if (type === 'object') return `Readonly<Record<string, ${typeOf(additionalProperties as Schema)}>>`
  return type!
}

function typeName(table: string): string {
  return `${table[0]!.toUpperCase()}${table.slice(1)}Configuration`
}

function withoutAllowed(description: string): string {
  return description.replace(/\. Allowed: .*/, '')
}

/** A text in which keys are called as programs write them. What is in quotes may be a command's option. */
function inCamelCase(text: string, keys: readonly string[]): string {
  return text.replace(/"[^"]*"|[a-z]+(?:-[a-z]+)+/g, (word) => (keys.includes(word) ? camelName(word) : word))
}

/** A comment of sentences, in lines. */
function comment(text: string, indent: string): string {
  const sentence = /[.!?]$/.test(text) ? text : `${text}.`
  const whole = `${indent}/** ${sentence} */`
  if (whole.length <= WIDTH) return `${whole}\n`
  const lines: string[] = []
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && `${indent} * ${last} ${word}`.length <= WIDTH)
      lines.push(`${lines.pop()} ${word}`)
    else lines.push(word)
  }
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`, ''].join('\n')
}
