import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import type { Change } from '../../src/host/record/change.js'
import { Journal, readJournal } from '../../src/host/record/journal.js'
import { ownNamespace } from '../../src/native/process/network-namespace.js'

/** A kind that is left out here is a type error. */
const CHANGES: { readonly [Kind in Change['kind']]: readonly Extract<Change, { kind: Kind }>[] } = {
  mark: [{ kind: 'mark', mark: 0x2151 }],
  table: [{ kind: 'table', family: 6, table: 51_820 }],
  rule: [{ kind: 'rule', family: 4, priority: 32_765, mark: 0x2151, table: 51_820 }],
  'worded-rule': [{ kind: 'worded-rule', family: 4, words: ['priority', '30518', 'table', '51820'] }],
  firewall: [{ kind: 'firewall', table: 'qanat-wg0' }],
  setting: [
    { kind: 'setting', path: '/proc/sys/net/ipv4/ip_forward', before: '0', after: '1' },
    { kind: 'setting', path: '/proc/sys/net/ipv4/conf/all/src_valid_mark', before: '0', after: null },
  ],
  'name-servers': [
    { kind: 'name-servers', before: null, after: 'nameserver 10.0.0.1\n' },
    {
      kind: 'name-servers',
      before: 'nameserver 192.0.2.1\n',
      after: 'nameserver 10.0.0.1\n',
      backup: 'resolv.conf.wg0.0123abcd',
    },
  ],
  resolvconf: [{ kind: 'resolvconf', record: 'tun.wg0' }],
  'user-rule': [{ kind: 'user-rule', family: 4, priority: 16_383, user: 61_234 }],
  cgroup: [{ kind: 'cgroup', path: '/sys/fs/cgroup/system.slice/qanat@wg0.service/qanat-0123abcd' }],
  folder: [{ kind: 'folder', path: '/etc/netns/blue' }],
  hooks: [
    { kind: 'hooks', name: 'PostDown', device: 'wg0' },
    { kind: 'hooks', name: 'PreDown', device: 'wg0' },
  ],
}

it('journals hold changes of each kind as they did', async () => {
  const path = join(temporaryFolder(), 'wg0.journal')
  const journal = new Journal(path, [], { file: '/etc/qanat/wg0.toml', killSwitch: true })
  const changes = Object.values(CHANGES).flat()
  for (const change of changes) journal.note(change)
  const hook = { pid: 4711, start: '815' }
  journal.noteHook(hook)
  const text = readFileSync(path, 'utf8')
  expect(readJournal(path)).toMatchObject({ changes, hook })
  journal.noteHook(undefined)
  expect(readJournal(path)!.hook).toBe(undefined)
  journal.settle(changes.slice(0, 2))
  const settled = readFileSync(path, 'utf8').slice(text.length)
  expect(readJournal(path)!.changes).toEqual(changes.slice(0, 2))
  const { boot, cookie, mount, network } = ownNamespace()
  const header = JSON.stringify({ boot, network, cookie, mount })
  const shown = '{"boot":"UUID","network":NUMBER,"cookie":"NUMBER","mount":NUMBER}'
  await expect(text.replace(header, shown) + settled).toMatchFileSnapshot('journal.txt')
})
