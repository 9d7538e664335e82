import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compiledSources, ROOT } from './compiler.js'
import { messagesOf } from './messages.js'

/** What tests plugins tells no user of a tunnel anything. */
const SOURCES = join(ROOT, 'src/')
const OTHERS = /^conformance\//

it('says what it said in errors, in the log and elsewhere', async () => {
  const { checker, program } = compiledSources()
  const names = program
    .getSourceFileNames()
    .filter((name) => name.startsWith(SOURCES) && !OTHERS.test(name.slice(SOURCES.length)))
  const { errors, logLines, texts } = messagesOf(
    checker,
    names.map((name) => program.getSourceFile(name)!),
  )
  const file = (lines: readonly string[]) => `${lines.join('\n')}\n`
  await expect(file(errors)).toMatchFileSnapshot('errors.txt')
  await expect(file(logLines)).toMatchFileSnapshot('log-lines.txt')
  await expect(file(texts)).toMatchFileSnapshot('other-texts.txt')
})
