import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../src/app/builtins.js'
import { publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { FLAGS } from '../../src/cli/options/flags.js'
import { modelOf } from '../../src/config/check/parsed.js'
import { parseText } from '../../src/config/files/format.js'
import type { Format } from '../../src/config/schema/formats.js'
import { jsonSchema } from '../../src/config/schema/json-schema.js'
import { WG_QUICK_KEYS } from '../../src/config/wg-quick/keys.js'
import { optionsSchema } from '../../src/core/options/options-schema.js'
import { KEY_TABLES } from './schema-tables.js'

const text = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')
/** Markdown without what aligns the columns of its tables. */
function unaligned(markdown: string): string {
  return markdown.replace(/ *\| */g, '|').replace(/-{2,}/g, '-')
}

/** A block of code that is named as a file. */
const FILE = /<!-- (\S+) -->\n```\w+\n(.*?)```\n/gs

describe('docs/configuration.md', () => {
  it.each(KEY_TABLES)('says of $heading what the schema says', ({ heading, markdown }) => {
    expect(text).toContain(`### \`${heading}\`\n`)
    expect(unaligned(text)).toContain(`\n${unaligned(markdown)}\n`)
  })

  it.each(Object.entries(WG_QUICK_KEYS))('names every key of [%s] of wg-quick', (_section, keys) => {
    for (const { name } of keys) expect(unaligned(text)).toContain(`|\`${name}\`|`)
  })

  it.each(FLAGS)('says which key the option $name stands for', ({ name, table, key }) => {
    const heading = table === 'peer' ? '[[peer]]' : `[${table}]`
    expect(unaligned(text)).toContain(unaligned(`|\`${name}\`|\`${key}\` in \`${heading}\`|`))
  })

  const files = [...text.matchAll(FILE)].map(([, name, content]) => ({ name: name!, content: content! }))

  it('shows a server, a client, two ends that share a key and a wg-quick file', () => {
    expect(files.map(({ name }) => name)).toEqual([
      'server.toml',
      'laptop.toml',
      'two-ends.toml',
      'home.conf',
    ])
  })

  it.each(files)('shows $name, which is right', ({ name, content }) => {
    const format: Format = name.endsWith('.toml') ? 'toml' : 'wg-quick'
    expect(modelOf(name, parseText(format, name, content), publicKeyOf, BUILT_IN_TRAITS).remarks).toEqual([])
  })
})

describe('docs/full-tunnel.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/full-tunnel.md'), 'utf8')
  const files = [...page.matchAll(FILE)].map(([, name, content]) => ({ name: name!, content: content! }))

  it.each(files)('shows $name, which is right', ({ name, content }) => {
    const format: Format = name.endsWith('.toml') ? 'toml' : 'wg-quick'
    expect(modelOf(name, parseText(format, name, content), publicKeyOf, BUILT_IN_TRAITS).remarks).toEqual([])
  })

  it('shows a client and a gateway', () => {
    expect(files.map(({ name }) => name)).toEqual(['full.conf', 'gateway.toml'])
  })
})

describe('the JSON Schema', () => {
  const schema = jsonSchema() as { properties: Record<string, unknown> }

  it('knows the same keys, and no others', () => {
    for (const { heading, keys } of KEY_TABLES) {
      const table = schema.properties[heading.replace(/[[\]]/g, '')] as { items?: object }
      const { properties, additionalProperties } = (table.items ?? table) as Record<string, object>
      expect(Object.keys(properties!)).toEqual(keys)
      expect(additionalProperties).toBe(false)
    }
  })

  it('knows the options of plugins that it is told of, and nothing of others', () => {
    const tables = { nats: optionsSchema({ pingEvery: { type: 'duration', help: 'How often' } }) }
    const { additionalProperties, properties } = (
      jsonSchema(tables) as { properties: { plugin: Record<string, object> } }
    ).properties.plugin
    expect(properties).toEqual(tables)
    expect(additionalProperties).toEqual(
      (schema.properties.plugin as typeof tables & Record<string, object>).additionalProperties,
    )
    expect(Object.keys(schema.properties.plugin as object)).not.toContain('properties')
  })

  it('says what is allowed, in words that every reader of such schemas knows', () => {
    const told = JSON.stringify(schema)
    expect(told).toContain('Allowed: a whole number within 1280 to 65000')
    expect(told).not.toMatch(/"(allowed|secret)":/)
  })
})
