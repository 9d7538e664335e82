import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

it('the program of docs/library.md prints what the page says', async () => {
  const text = readFileSync(join(ROOT, 'docs/library.md'), 'utf8')
  const block = (file: string) =>
    text
      .split(`<!-- ${file} -->\n`)[1]!
      .split('```')[1]!
      .replace(/^\w+\n/, '')
  // Within the package, whose name it imports.
  const folder = mkdtempSync(join(ROOT, 'dist/library-'))
  try {
    const program = join(folder, 'two-tunnels.mjs')
    writeFileSync(program, block('two-tunnels.mjs'))
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program])
    expect([stdout, stderr]).toEqual([block('two-tunnels.txt'), ''])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
