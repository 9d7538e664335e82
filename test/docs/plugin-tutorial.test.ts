import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, commandsOf, fileOf, markOf } from '../support/pages/blocks.js'

const ROOT = join(import.meta.dirname, '../..')
const QANAT = join(ROOT, 'dist/program/main.js')
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
const run = promisify(execFile)

/** What the files ask for by `@ts-check`, and all that is strict. */
const CHECKED = { noEmit: true, allowJs: true, strict: true, module: 'nodenext', skipLibCheck: true }
/** This test, as marks of the page have it. */
const THIS = 'test/docs/plugin-tutorial.test.ts'
/** The port of the page's tunnel. */
const PORT = '8080'

describe('docs/plugin-tutorial.md', () => {
  const blocks = blocksOf('docs/plugin-tutorial.md')
  const files = blocks.flatMap((block) => {
    const name = fileOf(block)
    return name === undefined ? [] : [{ name, text: block.text }]
  })
  const commands = blocks.filter((block) => markOf(block, 'run by') === THIS).flatMap(commandsOf)
  let folder: string
  let port: string

  beforeAll(async () => {
    folder = mkdtempSync(join(ROOT, 'dist/tutorial-')) // within the package, whose name they import
    port = await freePort()
    for (const { name, text } of files) writeFileSync(join(folder, name), text.replaceAll(PORT, port))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    ['gcm-siv.js', 15],
    ['h2.js', 40],
  ])('needs no more lines for %s than %i', (name, most) => {
    const { text } = files.find((file) => file.name === name)!
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(most)
  })

  it.each(commands)('has a command that ends well: $words', async ({ words, shown }) => {
    const [program, ...args] = words.replace('npx qanat', `node ${QANAT}`).split(' ')
    expect(program).toBe('node')
    const { stdout } = await run(process.execPath, args, { cwd: folder })
    if (shown !== undefined)
      expect(stdout.split('\n')).toEqual([...shown.map((line) => line.replace(PORT, port)), ''])
  })

  it('has files whose types are right', async () => {
    const compilerOptions = { ...CHECKED, types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] }
    const include = files.map(({ name }) => name)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
    const found = await run(process.execPath, [TSC, '-p', folder]).catch(({ stdout }) => ({ stdout }))
    expect(found.stdout).toBe('')
  })
})

async function freePort(): Promise<string> {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  holder.close()
  await once(holder, 'close')
  return String(port)
}
