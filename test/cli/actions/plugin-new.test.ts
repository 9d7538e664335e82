import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { expectRefusal } from '../../support/refusal.js'

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})

function newPlugin(...args: string[]): Program {
  return new Program(process.execPath, [QANAT, 'plugin', 'new', ...args], { cwd: folder })
}

describe('qanat plugin new', () => {
  it('makes a folder, and says what to do next', async () => {
    const said = await newPlugin('mine', '--kind', 'packets').output()
    expect(said).toContain('Next: cd mine && npm install && npx qanat plugin test ./index.js')
    expect(said).toMatch(/^If npm has no qanat (\S+): npm install PATH\/qanat-\1\.tgz first/m)
    const files = ['README.md', 'index.js', 'mine.kit.js', 'mine.test.js', 'package.json']
    expect(readdirSync(join(folder, 'mine')).toSorted()).toEqual(files)
  })

  it('leaves what exists as it is', async () => {
    mkdirSync(join(folder, 'mine'))
    writeFileSync(join(folder, 'file'), '')
    for (const name of ['mine', 'file'])
      await expectRefusal(newPlugin(name, '--kind', 'cipher'), [`'${name}'`, 'it exists already'])
    expect(readdirSync(join(folder, 'mine'))).toEqual([])
  })

  it.each([
    [
      ['Mine', '--kind', 'cipher'],
      ["'Mine'", 'lower-case'],
    ],
    [
      ['../mine', '--kind', 'cipher'],
      ["'../mine'", 'lower-case'],
    ],
    [
      ['constructor', '--kind', 'cipher'],
      ['lower-case', "'constructor'"],
    ],
    [
      ['wss', '--kind', 'transport'],
      ["'wss'", 'Qanat has a transport of that name'],
    ],
    [
      ['xor', '--kind', 'packets'],
      ["'xor'", 'Qanat has a cipher of that name'],
    ],
    [['mine'], ['--kind', 'not specified']],
    [
      ['mine', '--kind', 'driver'],
      ["'driver'", 'transport, cipher, packets'],
    ],
    [
      ['--kind', 'cipher'],
      ['missing required argument', 'name'],
    ],
  ])('refuses %j in one line', async (args, says) => {
    await expectRefusal(newPlugin(...args), says)
    expect(readdirSync(folder)).toEqual([])
  })
})
