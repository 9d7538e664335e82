import { describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.js'
import { knownWords } from '../../src/cli/words.js'

const known = (...words: string[]) =>
  knownWords(
    createProgram(() => {}),
    words,
  )

describe('the words of a command line', () => {
  it.each([
    [
      ['list', '--json'],
      ['status', '--json'],
    ],
    [
      ['stop', 'office'],
      ['down', 'office'],
    ],
    [['version'], ['--version']],
    [['-v'], ['--version']],
    [[], ['--help']],
    [
      ['up', '--wait', '5', 'office'],
      ['up', '--wait', '5', 'office'],
    ],
    [
      ['10.0.0.1', '10.0.0.2'],
      ['10.0.0.1', '10.0.0.2'],
    ],
    [
      ['fd00::1', 'fd00::2'],
      ['fd00::1', 'fd00::2'],
    ],
  ])('%j are %j', (words, expected) => {
    expect(known(...words)).toEqual(expected)
  })

  it.each([
    ['start', /qanat up NAME.*systemctl start qanat@FILE/],
    ['restart', /qanat reload NAME.*systemctl restart qanat@FILE/],
    ['logs', /journalctl -u qanat@FILE/],
    ['lisst', /did you mean 'list'/],
    ['statsu', /did you mean 'status'/],
    ['Status', /did you mean 'status'/],
    ['add_client', /did you mean 'add-client'/],
    ['frobnicate', /see "qanat --help"/],
  ])('%s is no command, and it is said what is, before anything of the options behind it', (word, hint) => {
    expect(() => known(word, '--no-such-option')).toThrow(hint)
    expect(() => known(word)).toThrow(`Cannot find a command '${word}'`)
  })
})
