import { describe, expect, it } from 'vitest'
import type { Change } from '../../src/host/change.js'
import { isHarmless } from '../../src/host/harmless.js'

const HARMLESS: readonly Change[] = [
  { kind: 'rule', family: 4, words: ['pref', '1'] },
  { kind: 'firewall', table: 'qanat-wg0' },
  { kind: 'setting', path: '/proc/sys/net/ipv4/ip_forward', before: '0', after: '1' },
  { kind: 'name-servers', path: '/etc/resolv.conf', before: 'a', after: 'b' },
]

const HARMFUL: readonly Change[] = [
  { kind: 'hooks', name: 'PostDown', commands: ['true'] },
  { kind: 'name-servers', path: '/etc/shadow', before: 'a', after: 'b' },
  { kind: 'setting', path: '/proc/sys/kernel/core_pattern', before: '|/evil', after: null },
  { kind: 'setting', path: '/proc/sys/net/../kernel/core_pattern', before: '|/evil', after: null },
  { kind: 'firewall', table: 'x; include "/etc/shadow"' },
]

describe('a journal that may be forged', () => {
  it.each(HARMLESS)('is believed: $kind', (change) => {
    expect(isHarmless(change)).toBe(true)
  })

  it.each(HARMFUL)('is not believed: $kind %j', (change) => {
    expect(isHarmless(change)).toBe(false)
  })
})
