import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const QANAT = join(ROOT, 'dist/program/main.js')
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
const run = promisify(execFile)

/** A comment that names a file, or says that it is for a shell, and the block of code behind it. */
const SNIPPET = /<!-- (\S+) -->\n```\w+\n(.*?)```\n/gs
/** What the files ask for by `@ts-check`, and all that is strict. */
const CHECKED = { noEmit: true, allowJs: true, strict: true, module: 'nodenext', skipLibCheck: true }
/** The port of the page's tunnel. */
const PORT = '8080'

describe('docs/plugin-tutorial.md', () => {
  const page = readFileSync(join(ROOT, 'docs/plugin-tutorial.md'), 'utf8')
  const snippets = [...page.matchAll(SNIPPET)].map(([, name, text]) => ({ name: name!, text: text! }))
  const files = snippets.filter(({ name }) => name !== 'shell')
  const commands = snippets.filter(({ name }) => name === 'shell').map(({ text }) => text.trim())
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

  it.each(commands)('has a command that ends well: %s', async (command) => {
    const [program, ...args] = command.replace('npx qanat', `node ${QANAT}`).split(' ')
    expect(program).toBe('node')
    const { stdout } = await run(process.execPath, args, { cwd: folder })
    const [, shown] = page.split(`${command}\n\`\`\`\n\n    `)
    if (shown !== undefined) expect(stdout).toBe(`${shown.split('\n')[0]!.replace(PORT, port)}\n`)
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
