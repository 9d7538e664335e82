import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compiledFiles, ROOT } from './compiler.js'
import { messagesOf } from './messages.js'

/** What tests plugins tells no user of a tunnel anything. */
const SOURCES = join(ROOT, 'src')
const OTHERS = /^conformance\//

it('says what it said in errors, in the log and elsewhere', async () => {
  const names = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !OTHERS.test(name))
    .map((name) => join(SOURCES, name))
  const { checker, program } = compiledFiles(names)
  const { errors, logLines, texts } = messagesOf(
    checker,
    names.map((name) => program.getSourceFile(name)!),
  )
  const file = (lines: readonly string[]) => `${lines.join('\n')}\n`
  await expect(file(errors)).toMatchFileSnapshot('errors.txt')
  await expect(file(logLines)).toMatchFileSnapshot('log-lines.txt')
  await expect(file(texts)).toMatchFileSnapshot('other-texts.txt')
})
