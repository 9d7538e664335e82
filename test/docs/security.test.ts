import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

describe('docs/security.md', () => {
  const text = readFileSync(join(root, 'docs/security.md'), 'utf8')

  it('names tests that are there', () => {
    const files = [...text.matchAll(/`(test\/[\w./-]+)`/g)].map(([, file]) => file!)
    expect(files.length).toBeGreaterThan(20)
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })

  it('names scripts that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script)
    expect(named.filter((script) => !(script! in scripts))).toEqual([])
  })
})

describe('docs/troubleshooting.md', () => {
  const text = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8')
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n')

  it('explains lines that the program writes', () => {
    const lines = [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, line]) => line!)
    expect(lines.length).toBeGreaterThan(8)
    for (const line of lines) {
      // Where the program puts an address the page has a placeholder.
      for (const part of line.split(/udp:\/\/…|NAME/))
        expect(sources).toContain(part.trim().replace(/^: /, ''))
    }
  })
})
