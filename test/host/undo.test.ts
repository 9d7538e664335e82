import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_HOOKS } from '../../src/core/settings/host-settings.js'
import type { Change } from '../../src/host/record/change.js'
import { undoAll } from '../../src/host/undo.js'
import { HostPrograms } from './host-programs.js'
import { KeptLog, PARTS } from './parts.js'

const OTHER: Change = { kind: 'firewall', table: 'qanat-q1' }
const FIREWALL: Change = { kind: 'firewall', table: 'qanat-q0' }
const RESOLVCONF: Change = { kind: 'resolvconf', record: 'tun.q0' }
const wordedRule = (priority: number): Change => ({
  ...{ kind: 'worded-rule', family: 4, words: ['priority', `${priority}`] },
})
const [PRE_DOWN, POST_DOWN] = (['PreDown', 'PostDown'] as const).map(
  (name): Change => ({ kind: 'hooks', name, device: 'q0' }),
)

describe('undoAll', () => {
  let programs: HostPrograms
  beforeEach(() => {
    programs = new HostPrograms()
  })
  afterEach(() => programs.remove())

  it('undoes PreDown first, then the last change first, then PostDown', async () => {
    const hooks = {
      ...NO_HOOKS,
      preDown: [`echo PreDown >> ${programs.notes}`],
      postDown: [`echo PostDown >> ${programs.notes}`],
    }
    const changes = [POST_DOWN!, OTHER, FIREWALL, PRE_DOWN!, RESOLVCONF]
    expect(await undoAll(changes, { ...PARTS, hooks })).toEqual([])
    expect(programs.asked).toEqual([
      'PreDown',
      'resolvconf -d tun.q0 -f',
      'nft delete table inet qanat-q0',
      'nft delete table inet qanat-q1',
      'PostDown',
    ])
  })

  it('passes over what is undone already', async () => {
    programs.ends('nft', 'echo "Error: No such file or directory" >&2; exit 1')
    const log = new KeptLog()
    expect(await undoAll([OTHER, FIREWALL], { ...PARTS, log })).toEqual([])
    expect(programs.asked).toHaveLength(2)
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it('gives back what could not be undone, in the order in which it was changed, and undoes the rest', async () => {
    programs.ends('ip', 'case $* in *7*) echo no >&2; exit 1;; esac')
    const log = new KeptLog()
    const [one, other, third] = [7, 8, 77].map(wordedRule)
    const changes = [one!, FIREWALL, other!, third!]
    expect(await undoAll(changes, { ...PARTS, log, journal: '/run/q0.journal' })).toEqual([one, third])
    expect(programs.asked.map((line) => line.split(' ')[0])).toEqual(['ip', 'ip', 'nft', 'ip'])
    expect(log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual(
      ['77', '7'].map((priority) => ({
        what: `the routing rule 'priority ${priority}' of IPv4`,
        why: `Cannot run 'ip -4 rule delete priority ${priority}': no`,
        journal: '/run/q0.journal',
      })),
    )
  })
})
