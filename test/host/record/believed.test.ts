import { describe, expect, it } from 'vitest'
import { believed } from '../../../src/host/record/believed.js'
import type { Change } from '../../../src/host/record/change.js'

const OTHER = 65_534
const setting = (path: string): Change => ({
  kind: 'setting',
  path: `/proc/sys/net/${path}`,
  before: '0',
  after: null,
})

const own: Change[] = [
  { kind: 'mark', mark: 7 },
  { kind: 'rule', family: 4, priority: 7, mark: 7, table: 51_820 },
  { kind: 'table', family: 6, table: 51_820 },
  setting('ipv4/ip_forward'),
  setting('ipv4/conf/all/src_valid_mark'),
  setting('ipv6/conf/default/forwarding'),
]
const roots: Change[] = [
  { kind: 'name-servers', before: 'nameserver 192.0.2.1', after: 'nameserver 10.0.0.1' },
  { kind: 'resolvconf', record: 'tun.wg0' },
  { kind: 'firewall', table: 'qanat-wg0' },
  { kind: 'worded-rule', family: 4, words: ['table', 'main'] },
  { kind: 'user-rule', family: 4, priority: 7, user: 61_200 },
  { kind: 'cgroup', path: '/sys/fs/cgroup/qanat-0123abcd' },
  { kind: 'hooks', name: 'PostDown', device: 'wg0' },
  setting('ipv4/conf/eth0/rp_filter'),
  setting('ipv6/conf/wg0/accept_ra'),
  setting('ipv6/neigh/default/gc_thresh1'),
]

describe('a change that another user noted', () => {
  it.each(own)('is undone where that user can do it, too: $kind', (change) => {
    expect(believed(change, { owner: OTHER, noted: [] })).toBe(true)
  })

  it.each(roots)('is not undone where it is beyond that user: $kind', (change) => {
    expect(believed(change, { owner: OTHER, noted: own })).toBe(false)
  })

  it.each(roots)('is undone where root noted the very same: $kind', (change) => {
    expect(believed(change, { owner: OTHER, noted: [{ ...change }] })).toBe(true)
  })

  it('is not undone with another text than root noted', () => {
    const [change] = roots as [Extract<Change, { kind: 'name-servers' }>]
    const forged = { ...change, before: 'nameserver 6.6.6.6' }
    expect(believed(forged, { owner: OTHER, noted: [change] })).toBe(false)
  })
})

it.each([...own, ...roots])('a change that root or the process itself noted is undone: $kind', (change) => {
  for (const owner of [0, process.getuid!()]) expect(believed(change, { owner, noted: [] })).toBe(true)
})
