import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { partCases } from '../../../src/conformance/plugin/part-cases.js'
import { pluginCases } from '../../../src/conformance/plugin/plugin-cases.js'
import { socketsCase } from '../../../src/conformance/plugin/transport-kit-cases.js'
import { tunnelCases } from '../../../src/conformance/plugin/tunnel-cases.js'
import {
  aeadCases,
  type Case,
  cipherCases,
  hookCases,
  transportCases,
  tunCases,
} from '../../../src/conformance/testing.js'
import { unknownSources } from '../../../src/conformance/transport/unknown-sources.js'
import { definePlugin } from '../../../src/core/plugin/plugin.js'

const page = readFileSync(join(import.meta.dirname, '../../../docs/kit.md'), 'utf8')
const setup = () => {
  throw new Error('no case is run')
}
const sessions = { rekeyAfter: 1, idleAfter: 1, extended: true }
const aead = { keyBytes: 32, nonceBytes: 12, tagBytes: 16, seal: setup, open: setup }
const trial = { work: setup, fail: setup, closeTwice: setup, secrets: setup }

/** The headings of docs/kit.md, and the cases whose promises stand below each. */
const SECTIONS: readonly (readonly [heading: string, cases: readonly Case[]])[] = [
  [
    'Plugins',
    [
      ...pluginCases({}),
      ...partCases(trial, {}, 1, true),
      ...tunnelCases({}, definePlugin({ api: 1, name: 'none' }), { ground: setup }),
    ],
  ],
  [
    'Transports',
    [
      ...bothOf(transportCases({ setup, stream: true }), transportCases({ setup, stream: false })),
      { ...unknownSources, run: setup },
      socketsCase(setup),
    ],
  ],
  ['Ciphers', cipherCases({ setup, authenticates: true, sessions, hub: setup })],
  ['AEADs', aeadCases({ aead, vectors: [] })],
  ['Packet hooks', hookCases({ setup })],
  ['TUN drivers', tunCases({ setup })],
]

describe('docs/kit.md', () => {
  it.each(SECTIONS)('tells what is promised of %s', (heading, cases) => {
    const [, section = ''] = page.split(`\n## ${heading}\n`)
    const shown = section.split('\n## ')[0]!
    const rows = cases.map(({ name, promise }) => `| ${name} | ${promise} |`)
    expect(shown.split('\n').filter((line) => line.startsWith('|'))).toEqual([
      '| case | what is promised |',
      '| --- | --- |',
      ...rows,
    ])
  })
})

function bothOf(all: readonly Case[], others: readonly Case[]): Case[] {
  const names = new Set(all.map(({ name }) => name))
  return [...all, ...others.filter(({ name }) => !names.has(name))]
}
