import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { NOTHING_BESIDE } from '../../src/core/settings/beside-tunnel.js'
import { type HostSettings, NO_HOOKS } from '../../src/core/settings/host-settings.js'
import { ChildPlaces } from '../../src/host/children/child-places.js'
import { HostChanges } from '../../src/host/host-changes.js'
import { readJournal } from '../../src/host/record/journal.js'
import { TunnelFilter } from '../../src/host/tunnel-filter.js'
import { nativeMissing, orSkipped } from '../support/native-missing.js'
import { HostPrograms } from './host-programs.js'
import { KeptLog, PARTS } from './parts.js'

const KILL_SWITCH: HostSettings = {
  fullTunnel: { ipv4: false, ipv6: false },
  mark: 7,
  killSwitch: true,
  underlayRoutes: true,
  dns: { servers: [], search: [] },
  hooks: NO_HOOKS,
  forward: false,
  nat: false,
}
const FIREWALL = { kind: 'firewall', table: 'qanat-q0' }
const [ADDED, DELETED] = ['nft -f -', 'nft delete table inet qanat-q0']

describe.skipIf(nativeMissing)(orSkipped('a host with a kill switch', nativeMissing), () => {
  let programs: HostPrograms
  let journal: string
  let log: KeptLog
  beforeEach(() => {
    programs = new HostPrograms()
    journal = join(programs.folder, 'q0.journal')
    log = new KeptLog()
  })
  afterEach(() => programs.remove())

  const prepare = (settings = KILL_SWITCH) =>
    HostChanges.prepare({
      ...{ ...PARTS, settings, addresses: ['10.0.0.2'], journal, log },
      lookUp: async () => new Map(),
    })

  it('keeps it where the tunnel ends because of an error, and notes that it is there', async () => {
    const host = await prepare()
    await host.deviceMade('q0')
    await host.restore(false)
    expect(programs.asked).toEqual([ADDED])
    expect(readJournal(journal)!.changes).toEqual([FIREWALL])
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('gives it up at an orderly end', async () => {
    const host = await prepare()
    await host.deviceMade('q0')
    await host.restore(true)
    expect(programs.asked).toEqual([ADDED, DELETED])
    expect(readJournal(journal)).toBeUndefined()
  })

  it('goes back to the settings of before where some of others cannot be had', async () => {
    const host = await prepare()
    await host.deviceMade('q0')
    const before = readJournal(journal)!.changes
    const hooks = { ...NO_HOOKS, postDown: ['true'] }
    await host.change('q0', { settings: { ...KILL_SWITCH, hooks } })
    expect(readJournal(journal)!.changes).toEqual([
      ...before,
      { kind: 'hooks', name: 'PostDown', device: 'q0' },
    ])
    programs.ends('resolvconf', '[ "$1" = -d ]')
    const open = { ...KILL_SWITCH, killSwitch: false, dns: { servers: ['10.0.0.1'], search: [] } }
    await expect(host.change('q0', { settings: open })).rejects.toThrow('resolvconf')
    expect(programs.asked).toContain(DELETED)
    expect(programs.asked.lastIndexOf(ADDED)).toBeGreaterThan(programs.asked.indexOf(DELETED))
    expect(readJournal(journal)).toMatchObject({ run: { killSwitch: true } })
    expect(readJournal(journal)!.changes).toContainEqual({ kind: 'hooks', name: 'PostDown', device: 'q0' })
    await host.deviceEnds()
    await host.restore(false)
    expect(readJournal(journal)!.changes).toEqual(before)
  })

  it('takes other settings while PostUp runs, which may be what asks for them and waits', async () => {
    const asked = join(programs.folder, 'asked')
    const hooks = { ...NO_HOOKS, postUp: [`until [ -e ${asked} ]; do sleep 0.01; done`] }
    const host = await prepare({ ...KILL_SWITCH, hooks })
    await host.deviceMade('q0')
    const up = host.tunnelUp('q0')
    const dns = { servers: ['10.0.0.1'], search: [] }
    await host.change('q0', { settings: { ...KILL_SWITCH, dns, hooks: { ...hooks, preDown: ['true'] } } })
    expect(host.nameServers).toEqual(['10.0.0.1'])
    await host.letPass('q0', { ...NOTHING_BESIDE, answerInbound: true }, [])
    writeFileSync(asked, '')
    await up
    expect(readJournal(journal)!.changes).toContainEqual({ kind: 'hooks', name: 'PreDown', device: 'q0' })
    await host.restore(true)
  })

  it('finds programs a place at no time at which the packet filter comes', async () => {
    const host = await prepare()
    const happened: string[] = []
    const place = vi.spyOn(ChildPlaces.prototype, 'place').mockImplementation(async () => {
      happened.push('a place begins')
      await new Promise(setImmediate)
      happened.push('it ends')
      return { enter() {} }
    })
    onTestFinished(() => place.mockRestore())
    const filter = vi.spyOn(TunnelFilter.prototype, 'add')
    onTestFinished(() => filter.mockRestore())
    filter.mockImplementation(async () => void happened.push('the filter comes'))
    await Promise.all([host.childPlace(53), host.childPlace(53), host.deviceMade('q0')])
    expect(happened).toEqual([
      ...['a place begins', 'it ends', 'a place begins', 'it ends'],
      'the filter comes',
    ])
    await host.restore(true)
  })

  it('runs PreDown once PostUp is over, also if the tunnel ends as PostUp begins', async () => {
    const hooks = { ...NO_HOOKS, postUp: ['sleep 10'], preDown: ['true'] }
    const host = await prepare({ ...KILL_SWITCH, hooks })
    await host.deviceMade('q0')
    const happened: string[] = []
    log.seen = (_message, { hook }) => hook && happened.push(`${hook} runs`)
    const up = host.tunnelUp('q0').catch(() => happened.push('PostUp is over'))
    await host.tunnelEnds()
    await up
    expect(happened).toEqual(['PostUp runs', 'PostUp is over', 'PreDown runs'])
    await host.restore(true)
  })

  it('keeps that of a process that was killed, also where the next one ends before its tunnel runs', async () => {
    const killed = await prepare()
    await killed.deviceMade('q0')
    const next = await prepare()
    expect(programs.asked).toEqual([ADDED])
    await next.restore(true)
    expect(programs.asked).toEqual([ADDED])
    const last = await prepare()
    await last.deviceMade('q0')
    await last.tunnelUp('q0')
    await last.restore(true)
    expect(programs.asked).toEqual([ADDED, ADDED, DELETED])
    expect(readJournal(journal)).toBeUndefined()
  })
})
