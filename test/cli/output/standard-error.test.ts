import { fstatSync } from 'node:fs'
import { beforeEach, describe, expect, it, vi } from 'vitest'

const { dev, ino } = fstatSync(2, { bigint: true })
const JOURNAL_STREAM = `${dev}:${ino}`

describe('how standard error is written to', () => {
  let used: typeof import('../../../src/cli/output/standard-error.js')
  beforeEach(async () => {
    vi.resetModules() // what is chosen holds for a process
    used = await import('../../../src/cli/output/standard-error.js')
  })

  it('is for people unless somebody chooses', () => {
    expect(used.formatInUse({})).toBe('text')
  })

  it('is for the journal if that reads it', () => {
    expect(used.formatInUse({ JOURNAL_STREAM })).toBe('journal')
    expect(used.priorityFor('error', { JOURNAL_STREAM })).toBe('<3>')
  })

  it.each([
    ['another stream', `${dev}:${ino + 1n}`],
    ['nothing', ''],
    ['garbage', 'x:y:z'],
  ])('is for people if the variable of systemd names %s', (_, stream) => {
    expect(used.formatInUse({ JOURNAL_STREAM: stream })).toBe('text')
    expect(used.priorityFor('error', { JOURNAL_STREAM: stream })).toBe('')
  })

  it('is for people if it is closed', () => {
    expect(used.isJournal({ JOURNAL_STREAM }, 999_999)).toBe(false)
  })

  it('is as the variable says, and before that as was chosen', () => {
    const env = { JOURNAL_STREAM, QANAT_LOG_FORMAT: 'json' }
    expect(used.formatInUse(env)).toBe('json')
    expect(used.chosenFormat()).toBe(undefined)
    used.chooseFormat('text')
    used.chooseFormat(undefined)
    expect(used.formatInUse(env)).toBe('text')
    expect(used.priorityFor('error', env)).toBe('')
  })

  it('refuses a variable with another value', () => {
    expect(() => used.formatInUse({ QANAT_LOG_FORMAT: 'xml' })).toThrow(
      "Cannot take QANAT_LOG_FORMAT: 'xml' is none of text, json, journal",
    )
    expect(used.priorityFor('error', { QANAT_LOG_FORMAT: 'xml' })).toBe('') // which is how that is told
  })
})
