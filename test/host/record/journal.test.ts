import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import type { Change } from '../../../src/host/record/change.js'
import { Journal, keepNoted, readJournal } from '../../../src/host/record/journal.js'
import { ownNamespace } from '../../../src/native/process/network-namespace.js'
import { nativeMissing } from '../../support/native-missing.js'

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
    expect(readJournal(path)).toEqual({ namespace: ownNamespace(), changes: [RULE, FIREWALL] })
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

  it('cut anywhere tells what it told before its last line, or after', () => {
    const journal = new Journal(path)
    const steps: { readonly text: string; readonly changes: readonly Change[] }[] = []
    const step = (what: () => void) => {
      what()
      steps.push({ text: readFileSync(path, 'utf8'), changes: readJournal(path)?.changes ?? [] })
    }
    step(() => journal.note(RULE))
    step(() => journal.note(FIREWALL))
    step(() => journal.settle([FIREWALL]))
    step(() => journal.note(RULE))
    let [text, before]: [string, readonly Change[]] = ['', []]
    for (const { text: whole, changes: after } of steps) {
      expect(whole.startsWith(text)).toBe(true) // nothing but the end of it ever changes
      for (let length = text.length; length < whole.length - 1; length++) {
        writeFileSync(path, whole.slice(0, length))
        expect(readJournal(path)?.changes ?? []).toEqual(before)
      }
      ;[text, before] = [whole, after]
    }
  })

  it('goes on behind a line that was cut', () => {
    new Journal(path).note(RULE)
    appendFileSync(path, '{"kind":"fire')
    new Journal(path, [RULE]).note(FIREWALL)
    expect(readJournal(path)!.changes).toEqual([RULE, FIREWALL])
  })

  it('begins anew over what is about a namespace that is gone', () => {
    new Journal(path).note(RULE)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"boot":"[^"]*"/, '"boot":"another"'))
    new Journal(path, []).note(FIREWALL)
    expect(readJournal(path)!.changes).toEqual([FIREWALL])
  })

  it('that can no longer be written tells more than is left, and takes no further change', () => {
    const journal = new Journal(path)
    for (const change of [RULE, FIREWALL]) journal.note(change)
    const filler: Change = { kind: 'name-servers', before: null, after: 'x'.repeat(2 ** 20 - 2_000) }
    journal.note(filler)
    expect(journal.settle([RULE, { ...filler }])).toBe(false)
    expect(journal.changes).toHaveLength(2)
    expect(readJournal(path)!.changes).toEqual([RULE, FIREWALL, filler])
    expect(() => journal.note({ ...filler })).toThrow(/^Cannot record changes in .* bytes$/)
    expect(journal.settle([])).toBe(true)
    expect(existsSync(path)).toBe(false)
  })

  it('is read where a program up to 0.2.0 wrote it', () => {
    new Journal(path).note(RULE)
    const { network } = ownNamespace()
    const rule = { family: 4, words: ['priority', '7', 'table', '7'] } as const
    writeFileSync(path, `net:[${network}]\n${JSON.stringify({ kind: 'rule', ...rule })}\n`)
    expect(readJournal(path)).toEqual({
      namespace: { network },
      changes: [{ kind: 'worded-rule', ...rule }],
    })
  })

  it('sees those of services, and a service that of root and of others; of another network or start none', () => {
    const top = join(folder, 'qanat')
    const [root, one, two] = ['root.journal', 'one.toml/a.journal', 'two.toml/b.journal'].map(
      (name) => new Journal(join(top, name)),
    )
    root!.note(RULE)
    one!.note(FIREWALL)
    expect([root!.others(), one!.others(), two!.others()]).toEqual([[FIREWALL], [RULE], [RULE, FIREWALL]])
    const modes = ['root.journal', 'one.toml/a.journal'].map((name) => statSync(join(top, name)).mode & 0o777)
    expect(modes).toEqual([process.getuid?.() === 0 ? 0o644 : 0o600, 0o600]) // a service is another user
    const noted = readFileSync(join(top, 'root.journal'), 'utf8')
    for (const [own, other] of [
      [/"boot":"[^"]*"/, '"boot":"another"'],
      [/"network":\d+/, '"network":1'],
      [/$/m, ',"cookie":"1"}'],
    ] as const) {
      writeFileSync(join(top, 'root.journal'), noted.replace(own, other).replace('},', ','))
      expect(two!.others()).toEqual(other.includes('cookie') && nativeMissing ? [RULE, FIREWALL] : [FIREWALL])
    }
  })

  it('makes nobody run a command or write a file of choice', () => {
    new Journal(path).note(RULE)
    const evil = [
      { kind: 'hooks', name: 'PostDown', device: '$(reboot)' },
      { kind: 'hooks', name: 'PostDown', device: '-f' },
      { kind: 'hooks', name: 'PreUp', device: 'wg0' },
      { kind: 'setting', path: '/proc/sys/net/ipv4/../../kernel/core_pattern', before: '1', after: null },
      { kind: 'setting', path: '/proc/sys/net/ipv4/ip_forward\0', before: '1', after: null },
      { kind: 'setting', path: '/etc/passwd', before: '1', after: null },
      { kind: 'setting', path: '/proc/sys/net/ipv4/ip_forward', before: '|/bin/sh', after: null },
      { ...RULE, table: 254 },
      { ...RULE, priority: '-batch' },
      { kind: 'table', family: 4, table: 254 },
      { kind: 'rule', family: 4, words: ['-batch', '/etc/shadow'] },
      { kind: 'firewall', table: 'filter' },
      { kind: 'firewall', table: 'qanat-a; flush ruleset' },
      { kind: 'resolvconf', record: '-u' },
      { kind: 'resolvconf', record: '../eth0' },
      { kind: 'name-servers', before: ['nameserver 192.0.2.1'], after: 'nameserver 10.0.0.1' },
      { kind: 'name-servers', before: null, after: 7 },
      { kind: 'name-servers', before: null, after: '', backup: '../../etc/shadow' },
      { kind: 'toString' },
    ]
    appendFileSync(path, evil.map((change) => `${JSON.stringify(change)}\n`).join(''))
    expect(readJournal(path)!.changes).toEqual([RULE])
  })

  describe.runIf(process.getuid?.() === 0)("that became another user's", () => {
    const NOBODY = 65_534
    const GLOBAL: Change = { kind: 'setting', path: '/proc/sys/net/ipv4/ip_forward', before: '0', after: '1' }
    const OF_ETH0: Change = {
      kind: 'setting',
      path: '/proc/sys/net/ipv6/conf/eth0/accept_ra',
      before: '1',
      after: '2',
    }
    const FORGED: Change[] = [
      { kind: 'firewall', table: 'qanat-other' },
      { kind: 'resolvconf', record: 'eth0' },
      { kind: 'name-servers', before: 'nameserver 6.6.6.6', after: '' },
      { ...OF_ETH0, before: '0' },
      { kind: 'hooks', name: 'PostDown', device: 'eth0' },
    ]
    const [RECORD, TABLE]: Change[] = [
      { kind: 'resolvconf', record: 'tun.wg0' },
      { kind: 'table', family: 6, table: 51_820 },
    ]
    let journal: Journal
    beforeEach(() => {
      journal = new Journal(path)
      for (const change of [FIREWALL, RECORD!, OF_ETH0]) journal.note(change)
      keepNoted(path)
      chownSync(path, NOBODY, NOBODY)
    })

    it('tells what root noted, and what that user can do anyway', () => {
      for (const change of [RULE, TABLE!, GLOBAL]) journal.note(change)
      appendFileSync(path, FORGED.map((change) => `${JSON.stringify(change)}\n`).join(''))
      expect(readJournal(path)!.changes).toEqual([FIREWALL, RECORD, OF_ETH0, RULE, TABLE, GLOBAL])
    })

    it('tells less once that user undid some of it', () => {
      journal.settle([OF_ETH0])
      expect(readJournal(path)!.changes).toEqual([OF_ETH0])
    })

    it("is believed without what root noted, if that was another user's, too", () => {
      chownSync(`${path}.noted`, NOBODY, NOBODY)
      expect(readJournal(path)).toBeUndefined()
      rmSync(`${path}.noted`)
      journal.note(RULE)
      expect(readJournal(path)!.changes).toEqual([RULE])
    })

    it('does not tell which process root is to end', () => {
      journal.noteHook({ pid: 4711, start: '815' })
      expect(readJournal(path)!.hook).toBeUndefined()
      chownSync(path, 0, 0)
      expect(readJournal(path)!.hook).toEqual({ pid: 4711, start: '815' })
      appendFileSync(path, '{"hook":{"pid":1,"start":"815"}}\n')
      expect(readJournal(path)!.hook).toBeUndefined()
    })

    it('does not tell in which namespace with a name root is to undo that', () => {
      const text = readFileSync(path, 'utf8')
      writeFileSync(path, text.replace('{', '{"name":"blue",'))
      expect(readJournal(path)!.namespace).not.toHaveProperty('name')
      chownSync(path, 0, 0)
      expect(readJournal(path)!.namespace).toMatchObject({ name: 'blue' })
      writeFileSync(path, text.replace('{', '{"name":"../blue",'))
      expect(readJournal(path)!.namespace).not.toHaveProperty('name')
    })

    it('keeps other tunnels from nothing but what they may leave alone', () => {
      const other = new Journal(join(folder, 'run', 'other.journal'))
      appendFileSync(path, `${JSON.stringify(FORGED[3])}\n`)
      expect(other.others()).toContainEqual(FORGED[3])
      expect(other.believedOthers()).toEqual([FIREWALL, RECORD, OF_ETH0])
    })

    it('is another file once root goes on with it: that user may have it open', () => {
      const { ino } = statSync(path)
      appendFileSync(path, `${JSON.stringify(FORGED[0])}\n`)
      const { changes } = readJournal(path)!
      const next = new Journal(path, changes)
      next.note(RULE)
      expect(statSync(path)).toMatchObject({ uid: 0 })
      expect(statSync(path).ino).not.toBe(ino)
      expect(readJournal(path)!.changes).toEqual([FIREWALL, RECORD, OF_ETH0, RULE])
      next.settle([])
      expect(readdirSync(join(folder, 'run'))).toEqual([])
    })
  })

  it('that cannot be written is an error, and the change is not noted', () => {
    writeFileSync(join(folder, 'run'), 'a file where a folder is to be')
    const journal = new Journal(path)
    expect(() => journal.note(RULE)).toThrow(/^Cannot record changes in .*wg0\.journal: /)
    expect(journal.changes).toEqual([])
    expect(readFileSync(join(folder, 'run'), 'utf8')).toMatch(/^a file/)
  })
})
