import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { NO_HOOKS } from '../../src/core/settings/host-settings.js'
import { changeForwarding } from '../../src/host/kernel/forwarding.js'
import { changeSetting } from '../../src/host/kernel/kernel-setting.js'
import { type HookProcess, hookProcess, killGroup } from '../../src/host/programs/hook-process.js'
import { Journal, readJournal } from '../../src/host/record/journal.js'
import { forgetUnreadable, notRestored, repair, repairExcept } from '../../src/host/repair.js'
import { TunnelRouting } from '../../src/host/routing/tunnel-routing.js'
import { undoAll } from '../../src/host/undo.js'
import { RouteNetlink } from '../../src/native/netlink/route-netlink.js'
import { ownNamespace } from '../../src/native/process/network-namespace.js'
import { inNewNetwork, namespacesMissing } from '../support/network-namespace.js'
import { HostPrograms } from './host-programs.js'
import { KeptLog, PARTS } from './parts.js'

const VALID_MARK = '/proc/sys/net/ipv4/conf/all/src_valid_mark'
const missing = namespacesMissing('nft', 'sysctl')

describe.skipIf(missing)(`in a kernel${missing ? `, skipped: ${missing}` : ''},`, () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = temporaryFolder()
    path = join(folder, 'journal')
  })

  it('what a killed process left is undone, once', async () => {
    await inNewNetwork(async () => {
      const before = state()
      const journal = new Journal(path)
      const network = new RouteNetlink()
      const fullTunnel = { ipv4: true, ipv6: false }
      new TunnelRouting({ fullTunnel, underlayRoutes: true, mark: 7, journal, network }).lead('lo', {
        around: [],
        excluded: [],
      })
      network.close()
      journal.note({ kind: 'hooks', name: 'PostDown', device: 'q0' })
      expect(state()).not.toBe(before)
      const hooks = { ...NO_HOOKS, postDown: [`echo %i is down > ${folder}/hook`] }
      expect(await repair(path, { ...PARTS, hooks })).toBe(6)
      expect(state()).toBe(before)
      expect(readFileSync(join(folder, 'hook'), 'utf8')).toBe('q0 is down\n')
      expect(existsSync(path)).toBe(false)
      expect(await repair(path, PARTS)).toBe(0)
    })
  })

  it('a hook that still runs is ended before anything is undone, and none that is over', async () => {
    const hook = spawn('sh', ['-c', 'sleep 1000 & sleep 1000'], { detached: true, stdio: 'ignore' })
    await inNewNetwork(async () => {
      const noted = hookProcess(hook.pid)!
      const restored = async (as: HookProcess | undefined, down: string) => {
        const journal = new Journal(path)
        journal.note({ kind: 'hooks', name: 'PreDown', device: 'q0' })
        journal.noteHook(noted)
        journal.noteHook(as)
        await repair(path, { ...PARTS, hooks: { ...NO_HOOKS, preDown: [down] } })
      }
      const down = join(folder, 'down')
      const tells = `ps -o stat= -g ${noted.pid} | grep -qv Z && echo runs > ${down} || echo ended > ${down}`
      for (const as of [undefined, { ...noted, start: '1' }]) {
        await restored(as, tells)
        expect(readFileSync(down, 'utf8')).toBe('runs\n')
      }
      await restored(noted, tells)
      expect(readFileSync(down, 'utf8')).toBe('ended\n')
    }).finally(() => killGroup(hook.pid))
  })

  it('what cannot be undone stays in the journal, and the rest is undone', async () => {
    await inNewNetwork(async () => {
      const journal = new Journal(path)
      changeSetting(VALID_MARK, '1', journal)
      const rule = { kind: 'worded-rule', family: 4, words: ['priority', 'nonsense'] } as const
      journal.note(rule)
      await expect(repair(path, PARTS)).rejects.toThrow(
        `Cannot restore the routing rule 'priority nonsense' of IPv4: the lines above tell why; ${path} keeps it, 'qanat down --force FILE' forgets it`,
      )
      expect(readJournal(path)!.changes).toEqual([rule])
      expect(readFileSync(VALID_MARK, 'utf8').trim()).toBe('0')
    })
  })

  it('what nft and resolvconf cannot undo, missing or broken, goes another way, which is told', async () => {
    await inNewNetwork(async () => {
      execFileSync('nft', ['add', 'table', 'inet', 'qanat-q0'])
      execFileSync('nft', ['add', 'table', 'inet', 'another'])
      const journal = new Journal(path)
      journal.note({ kind: 'firewall', table: 'qanat-q0' })
      journal.note({ kind: 'firewall', table: 'qanat-q9' }) // which was never added
      journal.note({ kind: 'resolvconf', record: 'tun.q0' })
      const programs = new HostPrograms()
      programs.ends('nft', 'echo broken >&2; exit 127')
      programs.ends('resolvconf', 'echo "resolvconf: signature mismatch: /etc/resolv.conf" >&2; exit 1')
      const log = new KeptLog()
      try {
        expect(await repair(path, { ...PARTS, log, resolvConf: join(folder, 'resolv.conf') })).toBe(3)
      } finally {
        programs.remove()
      }
      expect(execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' })).toBe('table inet another\n')
      const told = log.lines.filter(({ level }) => level === 'warn')
      expect(told.map(({ fields }) => fields.way)).toEqual(['its files', 'netlink', 'netlink'])
      for (const { fields } of told) expect(fields.journal).toBe(path)
      expect(existsSync(path)).toBe(false)
    })
  })

  it('what is not restored is told with the advice to be root to those who are not', () => {
    const rule = { kind: 'worded-rule', family: 4, words: ['priority', '7'] } as const
    const user = vi.spyOn(process, 'geteuid' as never) as unknown as { mockReturnValue(user: number): void }
    try {
      user.mockReturnValue(0)
      expect(notRestored(path, [rule]).message).not.toContain('as root')
      user.mockReturnValue(1000)
      expect(notRestored(path, [rule]).message).toMatch(/; try again as root$/)
    } finally {
      vi.restoreAllMocks()
    }
  })

  it('a journal that nobody can read is forgotten if that is asked for', () => {
    writeFileSync(path, Buffer.alloc(2 ** 20 + 1))
    expect(forgetUnreadable(path)).toEqual([path])
    expect(existsSync(path)).toBe(false)
    new Journal(path).note({ kind: 'mark', mark: 7 })
    expect(forgetUnreadable(path)).toEqual([])
  })

  it('what lies in another network namespace is left to it', async () => {
    new Journal(path).note({ kind: 'firewall', table: 'qanat-q0' })
    await inNewNetwork(async () => {
      const log = new KeptLog()
      expect(await repair(path, { ...PARTS, log })).toBe(0)
      expect(log.lines).toEqual([])
    })
    expect(readJournal(path)!.changes).toHaveLength(1)
  })

  it('what lies in a namespace that this process cannot enter is told and kept, and what may undo it', async () => {
    const name = `qanat-${process.pid}`
    const namespace = `/run/netns/${name}`
    new Journal(path).note({ kind: 'firewall', table: 'qanat-q0' })
    writeFileSync(path, readFileSync(path, 'utf8').replace('{"boot"', `{"name":"${name}","boot"`))
    mkdirSync('/run/netns', { recursive: true })
    writeFileSync(namespace, '') // as little one as the kernel lets in
    try {
      const log = new KeptLog()
      const { failed } = await repairExcept(path, { ...PARTS, log }, () => false)
      expect(notRestored(path, failed, 'a new start undoes it').message).toMatch(/; a new start undoes it$/)
      expect(log.lines.map(({ message }) => message)).toEqual([
        `Cannot enter the network namespace '${name}': the kernel says EINVAL`,
      ])
      expect(readJournal(path)!.changes).toEqual(failed)
    } finally {
      rmSync(namespace)
    }
  })

  it('a journal that cannot be read is not taken for an empty one', async () => {
    writeFileSync(path, Buffer.alloc(2 ** 20 + 1))
    await expect(repair(path, PARTS)).rejects.toThrow(/^Cannot read the journal /)
    expect(existsSync(path)).toBe(true)
  })

  it('what a namespace that is gone took with it is forgotten', async () => {
    for (const gone of [
      ['boot":"', 'boot":"another '],
      ['cookie":"', 'cookie":"9'],
    ] as const) {
      new Journal(path).note({ kind: 'firewall', table: 'qanat-q0' })
      writeFileSync(path, readFileSync(path, 'utf8').replace(gone[0], gone[1]))
      expect(await repair(path, PARTS)).toBe(0)
      expect(existsSync(path)).toBe(false)
    }
  })

  it('what a program up to 0.2.0 noted is undone', async () => {
    await inNewNetwork(async () => {
      const before = state()
      const former = join(folder, 'a.journal')
      const journal = new Journal(former)
      changeSetting(VALID_MARK, '1', journal)
      const { network } = ownNamespace()
      writeFileSync(former, readFileSync(former, 'utf8').replace(/^.*/, `net:[${network}]`))
      expect(await repair(join(folder, `a.${network}.journal`), PARTS)).toBe(1)
      expect(state()).toBe(before)
      expect(readdirSync(folder)).toEqual([])
    })
  })

  it('a setting that somebody else changed in the meantime stays', async () => {
    await inNewNetwork(async () => {
      const journal = new Journal(path)
      changeSetting(VALID_MARK, '1', journal)
      writeFileSync(VALID_MARK, '0')
      changeSetting(VALID_MARK, '0', journal) // it is that already
      expect(journal.changes).toHaveLength(1)
      await undoAll(journal.changes, PARTS)
      expect(readFileSync(VALID_MARK, 'utf8').trim()).toBe('0')
    })
  })

  it('what several tunnels changed is restored by the last of them, whichever that is', async () => {
    await inNewNetwork(async () => {
      const before = settings()
      const meanwhile: string[] = []
      for (const order of [
        [0, 1],
        [1, 0],
      ]) {
        const journals = [new Journal(join(folder, 'a.journal')), new Journal(join(folder, 'b.journal'))]
        for (const journal of journals) {
          changeSetting(VALID_MARK, '1', journal)
          changeForwarding(true, true, journal)
        }
        const [first, last] = order.map((number) => journals[number]!)
        for (const journal of [first!, last!]) {
          journal.settle(await undoAll(journal.changes, { ...PARTS, others: () => journal.others() }))
          meanwhile.push(settings())
        }
      }
      const [afterFirst, afterBoth, afterOther, again] = meanwhile
      for (const state of [afterFirst, afterOther])
        expect(state).toContain('net.ipv6.conf.all.forwarding = 1')
      expect([afterBoth, again]).toEqual([before, before])
    })
  })

  it('forwarding leaves no trace in the settings that the kernel changes along with it', async () => {
    await inNewNetwork(async () => {
      execFileSync('ip', ['link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two'])
      for (const setting of ['ipv4.conf.all.accept_redirects=0', 'ipv4.conf.one.forwarding=1'])
        execFileSync('sysctl', ['-w', `net.${setting}`])
      execFileSync('sysctl', ['-w', 'net.ipv6.conf.two.forwarding=1', 'net.ipv6.conf.one.accept_ra=1'])
      const before = settings()
      const journal = new Journal(path)
      changeForwarding(true, true, journal)
      expect(settings()).toContain('net.ipv4.ip_forward = 1')
      expect(settings()).toContain('net.ipv6.conf.all.forwarding = 1')
      expect(settings()).toContain('net.ipv6.conf.one.accept_ra = 2')
      await undoAll(journal.changes, PARTS)
      expect(settings()).toBe(before)
    })
  })
})

function state(): string {
  return [
    'ip -4 rule',
    'ip -6 rule',
    'ip route show table all',
    'ip -6 route show table all',
    `cat ${VALID_MARK}`,
  ]
    .map((line) => execFileSync('sh', ['-c', line]))
    .join()
}

function settings(): string {
  return execFileSync('sysctl', ['-ar', '^net.ipv[46].(conf|ip_forward)'], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
}
