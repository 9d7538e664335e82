import { describe, expect, it } from 'vitest'
import { QANAT } from '../../lab/lab.js'
import { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'

const RUNTIME_DIRECTORY = temporaryFolder()

function qanat(words: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  return new Program(process.execPath, [QANAT, ...words], {
    env: { ...process.env, RUNTIME_DIRECTORY, ...env },
  })
}

describe('qanat', () => {
  it('alone prints what --help prints', async () => {
    expect(await qanat([]).output()).toBe(await qanat(['--help']).output())
  })

  it.each([
    [['version'], ['--version']],
    [['-v'], ['--version']],
    [['list'], ['status']],
    [
      ['help', 'list'],
      ['status', '--help'],
    ],
  ])('%j prints what %j prints', async (words, others) => {
    expect(await qanat(words).output()).toBe(await qanat(others).output())
  })

  it('tells of an unknown command, whatever options stand behind it', async () => {
    const refused = qanat(['statos', '--jsn'])
    expect((await refused.ending()).code).toBe(2)
    expect(refused.stderr).toEqual(["qanat: Cannot find a command 'statos': did you mean 'status'?"])
  })

  it.each([
    [['status', 'nowhere', '--json'], 'ERR_NOT_RUNNING'],
    [['check', '/nowhere.toml', '--json'], 'ERR_CONFIG_VALUE'],
    [['status', '--json', '--no-such'], 'ERR_CONFIG_VALUE'],
    [['statos', '--json'], 'ERR_CONFIG_VALUE'],
  ])('%j tells in JSON what is wrong, on standard error alone', async (words, code) => {
    const refused = qanat(words)
    expect((await refused.ending()).code).toBe(2)
    expect(refused.stdout).toEqual([])
    expect(JSON.parse(refused.stderr.join('\n'))).toMatchObject({ version: 1, error: { code } })
  })

  it.each([[['plugins']], [['--help']], [['status']], [['statos…']]])(
    '%j writes ASCII alone if the locale is C',
    async (words) => {
      const program = qanat(words, { LC_ALL: 'C' })
      await program.ending()
      const text = [...program.stdout, ...program.stderr].join('\n')
      expect(text).not.toBe('')
      expect(text).toMatch(/^[\n -~]*$/)
    },
  )
})
