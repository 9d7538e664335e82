import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CATALOG } from '../../../src/core/reasons/catalog.js'

const ROWS = Object.entries<readonly [string, string, string, string, string?]>(CATALOG)
const SOURCES = join(import.meta.dirname, '../../../src')

describe('the catalog of reasons', () => {
  it.each(ROWS)('%s has a code, a sentence and a remedy as the others have', (code, row) => {
    const [step, side, sentence, remedy] = row
    expect(code).toMatch(/^[a-z]+(-[a-z0-9]+)*$/)
    expect(step).toMatch(/^(name|connect|proxy|tls|portal|upgrade|open|handshake|carry|listen|dial)$/)
    expect(['dials', 'listens', 'either']).toContain(side)
    expect([sentence, remedy].filter((text) => text === '' || /\.$|[\n|]/.test(text))).toEqual([])
  })

  it('has the codes and steps that scripts rely on', async () => {
    const lines = ROWS.map(([code, [step]]) => `${code} ${step}\n`)
    await expect(lines.sort().join('')).toMatchFileSnapshot('../../golden/reason-codes.txt')
  })

  it('has no sentence twice', () => {
    const sentences = ROWS.map(([, [, , sentence]]) => sentence.replace(/\{\w+\}/g, '…'))
    const told = sentences.filter((sentence) => sentence !== '…') // what somebody else says
    expect(new Set(told).size).toBe(told.length)
  })

  it('has only rows that a source names', () => {
    const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('reasons/catalog.ts'))
      .map((path) => readFileSync(join(SOURCES, path), 'utf8'))
      .join('')
    expect(ROWS.map(([code]) => code).filter((code) => !sources.includes(`'${code}'`))).toEqual([])
  })
})
