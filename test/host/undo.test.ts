import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_HOOKS } from '../../src/core/settings/host-settings.js'
import type { Change } from '../../src/host/change.js'
import { undoAll } from '../../src/host/undo.js'
import { KeptLog, PARTS } from './parts.js'

const RULE: Change = { kind: 'rule', family: 4, words: ['priority', '7', 'table', '7'] }
const FIREWALL: Change = { kind: 'firewall', table: 'qanat-q0' }
const RESOLVCONF: Change = { kind: 'resolvconf', record: 'tun.q0' }
const [PRE_DOWN, POST_DOWN] = (['PreDown', 'PostDown'] as const).map(
  (name): Change => ({ kind: 'hooks', name, device: 'q0' }),
)

describe('undoAll', () => {
  let folder: string
  let path: string | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qanat-undo-'))
    path = process.env.PATH
    process.env.PATH = `${folder}${delimiter}${path}`
    for (const name of ['ip', 'nft', 'resolvconf']) program(name, 'exit 0')
  })
  afterEach(() => {
    process.env.PATH = path
    rmSync(folder, { recursive: true })
  })

  /** Puts a program in place of the host's, which notes its arguments. */
  const program = (name: string, end: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$*" >> ${folder}/done\n${end}\n`)
    chmodSync(join(folder, name), 0o700)
  }
  const done = () => readFileSync(join(folder, 'done'), 'utf8').trim().split('\n')

  it('undoes PreDown first, then the last change first, then PostDown', async () => {
    const hooks = {
      ...NO_HOOKS,
      preDown: [`echo PreDown >> ${folder}/done`],
      postDown: [`echo PostDown >> ${folder}/done`],
    }
    const changes = [POST_DOWN!, RULE, FIREWALL, PRE_DOWN!, RESOLVCONF]
    expect(await undoAll(changes, { ...PARTS, hooks })).toEqual([])
    expect(done()).toEqual([
      'PreDown',
      'resolvconf -d tun.q0 -f',
      'nft delete table inet qanat-q0',
      'ip -4 rule delete priority 7 table 7',
      'PostDown',
    ])
  })

  it('gives back what could not be undone, in the order in which it was changed, and undoes the rest', async () => {
    for (const name of ['ip', 'resolvconf']) program(name, 'echo no >&2; exit 1')
    const log = new KeptLog()
    expect(await undoAll([RULE, FIREWALL, RESOLVCONF], { ...PARTS, log })).toEqual([RULE, RESOLVCONF])
    expect(done().map((line) => line.split(' ')[0])).toEqual(['resolvconf', 'nft', 'ip'])
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(2)
  })
})
