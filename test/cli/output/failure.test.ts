import { describe, expect, it } from 'vitest'
import { failureText, withRemedy } from '../../../src/cli/output/failure.js'
import { ConfigError } from '../../../src/core/api/errors.js'

const UTF_8 = { LANG: 'C.UTF-8' }
const failure = { message: 'a.toml:1: Cannot a\na.toml:2: Cannot b', code: 'ERR_CONFIG_VALUE' }

describe('a failure', () => {
  it('is a line for each thing that is wrong', () => {
    const text = failureText(failure, { words: ['check', 'a.toml'], env: UTF_8 })
    expect(text).toBe('qanat: a.toml:1: Cannot a\nqanat: a.toml:2: Cannot b\n')
  })

  it('is one line of JSON for whom asked for JSON, with its code', () => {
    const text = failureText(failure, { words: ['check', 'a.toml', '--json'], env: {} })
    expect(JSON.parse(text)).toEqual({
      version: 1,
      error: { code: 'ERR_CONFIG_VALUE', message: failure.message },
    })
    expect(text.trimEnd()).not.toContain('\n')
  })

  it('is an error for each thing in a log of JSON', () => {
    const text = failureText(failure, { words: ['up', 'a.toml'], env: {}, format: 'json' })
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toMatchObject([
      { level: 'error', code: 'ERR_CONFIG_VALUE', message: 'a.toml:1: Cannot a' },
      { level: 'error', code: 'ERR_CONFIG_VALUE', message: 'a.toml:2: Cannot b' },
    ])
  })

  it('has the priority of an error in the journal, and no line of its own making', () => {
    const env = { QANAT_LOG_FORMAT: 'journal' }
    expect(failureText({ message: 'Cannot\r\u001b[2J\nb' }, { words: ['up', 'a.toml'], env })).toBe(
      '<3>qanat: Cannot\\u000d\\u001b[2J\n<3>qanat: b\n',
    )
  })

  it('is no JSON if --json stands where no option can', () => {
    expect(failureText(failure, { words: ['check', '--', '--json'], env: UTF_8 })).toContain(
      'qanat: a.toml:1',
    )
  })

  it.each([['--json'], ['status']])('has no secret of a URL, asked by %s', (word) => {
    const message = "Cannot use 'wss://user:secret@host/?token=secret'"
    expect(failureText({ message }, { words: [word], env: {} })).not.toContain('secret')
  })
})

describe('an error of the system', () => {
  const cause = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
  const error = new ConfigError('Cannot use /etc/qanat/a.toml: EACCES', { code: 'ERR_CONFIG_VALUE', cause })

  it('that forbids something to a user says that sudo may help', () => {
    expect(withRemedy(error, 1000)).toBe(
      'Cannot use /etc/qanat/a.toml: EACCES; this user may not: try again with sudo',
    )
    expect(withRemedy(cause, 1000)).toBe(
      'Cannot go on: EACCES: permission denied; this user may not: try again with sudo',
    )
  })

  it('says so to nobody who is root, and not twice', () => {
    expect(withRemedy(error, 0)).toBe(error.message)
    const told = new ConfigError('Cannot start: try again as root', { code: 'ERR_CONFIG_VALUE', cause })
    expect(withRemedy(told, 1000)).toBe(told.message)
  })
})
