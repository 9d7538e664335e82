import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { describeWhere } from '../../support/e2e/requirements.js'

let folder: string
let page: string
beforeAll(async () => {
  folder = temporaryFolder()
  page = join(folder, 'qanat.1')
  writeFileSync(page, `${await qanat('man')}\n`)
})

function qanat(...args: string[]): Promise<string> {
  return new Program(process.execPath, [QANAT, ...args]).output()
}

/** What a reader sees of the page, in lines as long as need be. */
async function shown(): Promise<string> {
  const env = { ...process.env, MANWIDTH: '1000', LC_ALL: 'C.UTF-8' }
  return (await new Program('man', ['--local-file', page], { env }).output()).replaceAll('‐', '-')
}

describeWhere(['program mandoc'], 'the manual page', () => {
  it('has nothing that mandoc finds fault with', async () => {
    expect(await new Program('mandoc', ['-Tlint', page]).output()).toBe('')
  })
})

describeWhere(['program man'], 'the manual page', () => {
  it('is read by man without a warning', async () => {
    const program = new Program('man', ['--warnings', '--local-file', page])
    await program.output()
    expect(program.stderr).toEqual([])
  })

  it('has every command and every option that the help has', async () => {
    const text = await shown()
    const commands = [...(await qanat('--help')).matchAll(/^ {2}([a-z][a-z-]*) .*/gm)].map(
      ([, name]) => name!,
    )
    expect(commands).toContain('add-client')
    for (const name of commands) {
      expect(new RegExp(`^ +qanat ${name} `, 'm').test(text), name).toBe(true)
      const flags = (await qanat(name, '--help')).matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)
      for (const [, flag] of flags) expect(text.includes(flag!), flag).toBe(true)
    }
  })

  it('has examples, files, exit codes, signals and variables', async () => {
    const text = await shown()
    for (const title of ['EXAMPLES', 'FILES', 'ENVIRONMENT', 'EXIT STATUS', 'SIGNALS']) {
      expect(text).toMatch(new RegExp(`^${title}$`, 'm'))
    }
    for (const part of ['sudo qanat up server.toml', '/run/qanat', 'QANAT_KEY', 'SIGTERM']) {
      expect(text).toContain(part)
    }
  })
})

describe('the help of each command', () => {
  it('has examples', async () => {
    const commands = [...(await qanat('--help')).matchAll(/^ {2}([a-z][a-z-]*) .*/gm)].map(
      ([, name]) => name!,
    )
    for (const name of commands)
      expect(await qanat(name, '--help')).toMatch(/Examples:\n {2}\S.*:\n {4}\$ .*qanat/)
  })

  it('is shown by the word help, too', async () => {
    expect(await qanat('help', 'up')).toBe(await qanat('up', '--help'))
    expect(await qanat('help')).toBe(await qanat('--help'))
  })
})
