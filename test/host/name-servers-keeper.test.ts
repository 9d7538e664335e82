import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import { changeNameServers } from '../../src/host/name-servers-file.js'
import { keepNameServers } from '../../src/host/name-servers-keeper.js'
import { Journal, readJournal } from '../../src/host/record/journal.js'
import type { Upkeep } from '../../src/host/routing/upkeep.js'
import { undoAll } from '../../src/host/undo.js'
import { eventually } from '../support/eventually.js'
import { KeptLog, PARTS } from './parts.js'

const OWN = 'nameserver 192.0.2.1\n'
const LEASE = 'domain lan\nnameserver 192.0.2.77\n'
const DNS = { servers: ['10.0.0.1'], search: [] }

describe('the file of name servers of a tunnel that runs', () => {
  let folder: string
  let path: string
  let state: string
  let clock: VirtualClock
  let log: KeptLog
  let journal: Journal
  const keepers: Upkeep[] = []
  beforeEach(() => {
    folder = temporaryFolder()
    path = join(folder, 'resolv.conf')
    state = join(folder, 'state')
    process.env.STATE_DIRECTORY = state
    clock = new VirtualClock()
    log = new KeptLog()
    writeFileSync(path, OWN)
    journal = started('wg0')
  })
  afterEach(() => Promise.all(keepers.splice(0).map((keeper) => keeper.close())))

  const text = () => readFileSync(path, 'utf8')
  const told = () => log.lines.map(({ level, message }) => `${level}: ${message}`)
  const after = (of = journal) => of.changes.map((change) => 'after' in change && change.after)[0]

  /** A tunnel that changed the file, and keeps it. */
  function started(name: string): Journal {
    const own = new Journal(join(folder, `${name}.journal`))
    changeNameServers(path, name, DNS, own, log)
    keepers.push(keepNameServers({ path, journal: own, clock, log }))
    return own
  }

  async function ended(own: Journal): Promise<void> {
    const believedOthers = () => own.believedOthers()
    own.settle(await undoAll(own.changes, { ...PARTS, log, resolvConf: path, believedOthers }))
  }

  /** Moves the clock until something is so. */
  const soon = (what: string, is: () => boolean) =>
    eventually(what, () => {
      clock.advance(100)
      return is()
    })
  const isOurs = () => text() === after()
  const looks = async (count: number) => {
    for (let look = 0; look < count; look++) {
      clock.advance(500)
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    }
  }

  it.each([
    ['in its place', () => writeFileSync(path, LEASE)],
    [
      'by a new file in its place',
      () => {
        writeFileSync(`${path}.new`, LEASE)
        renameSync(`${path}.new`, path)
      },
    ],
  ])(
    'is written again if a DHCP client wrote it %s, whose text is restored in the end',
    async (_way, lease) => {
      await looks(3)
      lease()
      await soon('ours is written again', isOurs)
      await soon('it is told', () => told().includes('warn: restored what was removed'))
      expect(readJournal(join(folder, 'wg0.journal'))!.changes).toMatchObject([{ before: LEASE }])
      expect(readFileSync(join(state, readdirSync(state)[0]!), 'utf8')).toBe(LEASE)
      await ended(journal)
      expect(text()).toBe(LEASE)
      expect(readdirSync(state)).toEqual([])
    },
  )

  it('is written again if it was removed or cut, and as before the tunnel in the end', async () => {
    rmSync(path)
    await soon('it is there again', () => readdirSync(folder).includes('resolv.conf') && isOurs())
    writeFileSync(path, '')
    await soon('ours is written again', isOurs)
    await ended(journal)
    expect(text()).toBe(OWN)
  })

  it('is left to a program that still writes it', async () => {
    await looks(3)
    writeFileSync(path, 'domain lan\n')
    await looks(1)
    writeFileSync(path, LEASE)
    await looks(1)
    expect(text()).toBe(LEASE)
    await soon('ours is written again', isOurs)
    await ended(journal)
    expect(text()).toBe(LEASE)
  })

  it('is written three times in ten seconds at the most, and then it is told', async () => {
    for (let time = 0; time < 3; time++) {
      writeFileSync(path, `nameserver 192.0.2.${time}\n`)
      await soon('ours is written again', isOurs)
    }
    await soon('it is told', () => told().some((line) => line.startsWith('error: broken: another program')))
    writeFileSync(path, LEASE)
    await looks(8)
    expect(text()).toBe(LEASE)
    await soon('ours is written again', isOurs)
  })

  it('stays that of a tunnel that started later, and both restore what a DHCP client wrote', async () => {
    await looks(3)
    const later = started('wg1')
    await looks(6)
    expect(text()).toBe(after(later))
    writeFileSync(path, LEASE)
    await soon('one of both is written again', () => [after(), after(later)].includes(text()))
    await soon('both know', () =>
      [journal, later].every((own) =>
        own.changes.some((change) => 'before' in change && change.before === LEASE),
      ),
    )
    await Promise.all(keepers.splice(0).map((keeper) => keeper.close()))
    await ended(journal)
    await ended(later)
    expect(text()).toBe(LEASE)
  })
})
