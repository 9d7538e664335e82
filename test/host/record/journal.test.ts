import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import type { Change } from '../../../src/host/record/change.js'
import { Journal, ownNetwork, readJournal } from '../../../src/host/record/journal.js'

const RULE: Change = { kind: 'rule', family: 4, priority: 7, mark: 7, table: 51_820 }
const FIREWALL: Change = { kind: 'firewall', table: 'qanat-wg0' }

describe('a journal', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = temporaryFolder()
    path = join(folder, 'run', 'wg0.journal')
  })

  it('is not there before the first change, and then for its owner alone', () => {
    const journal = new Journal(path)
    expect(existsSync(path)).toBe(false)
    journal.note(RULE)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o700)
  })

  it('is closed to others where one that they may read lies there', () => {
    mkdirSync(join(folder, 'run'))
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    new Journal(path).note(RULE)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('tells another process what was changed, in its order', () => {
    const journal = new Journal(path)
    for (const change of [RULE, FIREWALL]) journal.note(change)
    expect(readJournal(path)).toEqual({ network: ownNetwork(), changes: [RULE, FIREWALL] })
  })

  it('keeps what could not be undone, and is gone with the last', () => {
    const journal = new Journal(path)
    for (const change of [RULE, FIREWALL]) journal.note(change)
    journal.settle([RULE])
    expect(readJournal(path)!.changes).toEqual([RULE])
    journal.note(FIREWALL)
    expect(readJournal(path)!.changes).toEqual([RULE, FIREWALL])
    journal.settle([])
    expect(existsSync(path)).toBe(false)
    expect(journal.changes).toEqual([])
  })

  it('goes on with what it inherits', () => {
    new Journal(path).note(FIREWALL)
    const next = new Journal(path, [FIREWALL])
    next.note(RULE)
    expect(readJournal(path)!.changes).toEqual([FIREWALL, RULE])
  })

  it('passes over a line that was cut, whose change was not made, and lines of nobody', () => {
    new Journal(path).note(RULE)
    appendFileSync(path, '{"kind":"unknown"}\nnull\n{"kind":"fire')
    expect(readJournal(path)!.changes).toEqual([RULE])
    writeFileSync(path, '')
    expect(readJournal(path)).toBeUndefined()
    expect(readJournal(join(folder, 'none'))).toBeUndefined()
  })

  it('makes nobody run a command or write a file of choice', () => {
    new Journal(path).note(RULE)
    const evil = [
      { kind: 'hooks', name: 'PostDown', device: '$(reboot)' },
      { kind: 'hooks', name: 'PostDown', device: '-f' },
      { kind: 'hooks', name: 'PreUp', device: 'wg0' },
      { kind: 'setting', path: '/proc/sys/net/ipv4/../../kernel/core_pattern', before: '1', after: null },
      { kind: 'setting', path: '/etc/passwd', before: '1', after: null },
      { kind: 'setting', path: '/proc/sys/net/ipv4/ip_forward', before: '|/bin/sh', after: null },
      { ...RULE, table: 254 },
      { ...RULE, priority: '-batch' },
      { kind: 'table', family: 4, table: 254 },
      { kind: 'firewall', table: 'filter' },
      { kind: 'firewall', table: 'qanat-a; flush ruleset' },
      { kind: 'resolvconf', record: '-u' },
      { kind: 'toString' },
    ]
    appendFileSync(path, evil.map((change) => `${JSON.stringify(change)}\n`).join(''))
    expect(readJournal(path)!.changes).toEqual([RULE])
  })

  it('that cannot be written is an error, and the change is not noted', () => {
    writeFileSync(join(folder, 'run'), 'a file where a folder is to be')
    const journal = new Journal(path)
    expect(() => journal.note(RULE)).toThrow(/^Cannot record changes in .*wg0\.journal: /)
    expect(journal.changes).toEqual([])
    expect(readFileSync(join(folder, 'run'), 'utf8')).toMatch(/^a file/)
  })
})
