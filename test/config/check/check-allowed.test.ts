import { expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { modelOf } from '../../../src/config/check/parsed.js'
import { readToml } from '../../../src/config/toml/read.js'
import { asError } from '../../../src/core/api/errors.js'
import { A, B, C, OWN } from '../../support/keys.js'

const INTERFACE = `[interface]
private-key = "${OWN.privateKey}"
address = ["10.0.0.1/24"]
listen = ["udp://[::]:51820"]
`
const peer = (more: string, key = A.publicKey) => `[[peer]]\npublic-key = "${key}"\n${more}\n`
const member = (group: string, { publicKey }: { readonly publicKey: string }, ...more: readonly string[]) =>
  peer([`group = "${group}"`, 'endpoints = ["udp://a:1"]', ...more].join('\n'), publicKey)

/** Files with groups, by what is wrong with them; then the lines that say so, each after the file's name. */
const BAD: Record<string, [text: string, lines: string[]]> = {
  'a group of one': [
    `${INTERFACE}${member('a', A)}`,
    [":7: 'group' in [[peer]] 1 is 'a', which has no other member; a group has 2 to 32"],
  ],
  'a group of 33': [
    `${INTERFACE}${Array.from({ length: 33 }, () => member('a', { publicKey: publicKeyOf(generatePrivateKey()) })).join('')}`,
    [":135: 'group' in [[peer]] 33 is 'a', which has 33 members; a group has 2 to 32"],
  ],
  'a member without endpoints': [
    `${INTERFACE}${member('a', A)}${peer('group = "a"', B.publicKey)}`,
    [":9: 'endpoints' in [[peer]] 2 is missing; each member of group 'a' is called"],
  ],
  'one peer in two groups': [
    `${INTERFACE}${member('a', A)}${member('a', B)}${member('b', A)}${member('b', C)}`,
    [":14: 'public-key' in [[peer]] 3 is that of peer 1, in group 'a'; a peer is in one group"],
  ],
  'members that own something else, or are chosen otherwise': [
    `${INTERFACE}${member('a', A, 'allowed-ips = ["10.1.0.0/16", "10.2.0.0/16"]', 'choose = "order"')}${member('a', B, 'allowed-ips = ["10.2.0.0/16"]', 'choose = "spread"')}${member('a', C, 'allowed-ips = ["10.2.3.4/16", "10.1.0.0/16"]')}`,
    [
      ":15: 'allowed-ips' in [[peer]] 2 differs from that of peer 1 of group 'a'; give it once, or alike",
      ":16: 'choose' in [[peer]] 2 differs from that of peer 1 of group 'a'; give it once, or alike",
    ],
  ],
  'what a group owns, owned by another peer': [
    `${INTERFACE}${member('a', A, 'allowed-ips = ["10.1.0.0/16"]')}${member('a', B)}${peer('allowed-ips = ["10.1.0.0/16"]', C.publicKey)}`,
    [
      ":16: 'allowed-ips' in [[peer]] 3 holds 10.1.0.0/16, which peer 1 owns already; each range has one owner",
    ],
  ],
  'a choice that is none': [
    `${INTERFACE}${member('a', A, 'choose = "random"')}${member('a', B)}`,
    [':9: \'choose\' in [[peer]] 1 is \'random\'; allowed: "order", "nearest", "spread"'],
  ],
  'a choice without a group': [
    `${INTERFACE}${peer('choose = "order"')}`,
    [":7: 'choose' in [[peer]] 1 is for members of a group; give 'group', too"],
  ],
}

it.each(Object.entries(BAD))('refuses %s', (_what, [text, lines]) => {
  expect(toldOf(text)).toEqual(lines.map((line) => `Cannot use file${line}`))
})

it('takes members that say the same, or leave it to one of them, and remarks nothing', () => {
  const ranges = 'allowed-ips = ["10.1.0.0/16", "fd00::/16"]'
  const text = `${INTERFACE}${member('a', A)}${member('a', B, ranges, 'choose = "spread"')}${member('a', C, ranges)}`
  expect(modelOf('file', readToml('file', text), publicKeyOf, BUILT_IN_TRAITS).remarks).toEqual([])
})

function toldOf(text: string): string[] {
  try {
    modelOf('file', readToml('file', text), publicKeyOf, BUILT_IN_TRAITS)
  } catch (thrown) {
    return asError(thrown).message.split('\n')
  }
  return []
}
