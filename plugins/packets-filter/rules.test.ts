import { describe, expect, it } from 'vitest'
import { Facts } from './packet-facts.js'
import { ALICE, BOB, packet, type Recipe } from './packets.js'
import { matches, parseRule } from './rules.js'

/** Whether a rule is about a packet that goes out to a peer. */
function isAbout(rule: string, recipe: Recipe = {}, peer = ALICE): boolean {
  const facts = new Facts()
  expect(facts.read(packet(recipe).bytes, 'out')).toBe(true)
  return matches(parseRule(rule), facts, peer)
}

describe('A rule', () => {
  it('is about packets of a direction, a protocol, addresses, ports and a peer, and without these about all', () => {
    const about: readonly [rule: string, matching: boolean, recipe?: Recipe][] = [
      ['allow', true],
      ['drop', true],
      ['allow out', true],
      ['allow in', false],
      ['allow tcp', true],
      ['allow 6', true],
      ['allow udp', false],
      ['allow icmp', false],
      ['allow icmp', true, { protocol: 1 }],
      ['allow from 10.0.0.1', true],
      ['allow from 10.0.0.2', false],
      ['allow to 10.0.0.2/32', true],
      ['allow to 10.0.0.3', false],
      ['allow to 10.0.0.0/30', true],
      ['allow to 10.0.0.4/30', false],
      ['allow to 192.0.2.0/24,10.0.0.0/8', true],
      ['allow to fd00::/8', false],
      ['allow to 0.0.0.0/0', true],
      ['allow tcp port 80', true],
      ['allow tcp port 79', false],
      ['allow tcp port 22,70-80', true],
      ['allow tcp port 81-90', false],
      ['allow peer alice', true],
      ['allow peer key of alice', true],
      ['allow peer bob', false],
      ['allow out tcp from 10.0.0.1 to 10.0.0.2 port 80 peer alice', true],
    ]
    for (const [rule, matching, recipe] of about)
      expect([rule, isAbout(rule, recipe)]).toEqual([rule, matching])
    expect(isAbout('allow peer bob', {}, BOB)).toBe(true)
  })

  it('is refused in one line if it is none', () => {
    const wrong: readonly [rule: string, why: string][] = [
      ['', "'' is neither allow nor drop"],
      ['permit', "'permit' is neither allow nor drop"],
      ['allow sctp', "'sctp' is none of tcp, udp, icmp and the numbers up to 255"],
      ['allow 256', "'256' is none of tcp, udp, icmp and the numbers up to 255"],
      ['allow in out', "'out' is none of tcp, udp, icmp and the numbers up to 255"],
      ['allow from', "behind 'from' there is no value"],
      ['allow from host', "'host' is no range such as 10.0.0.0/24 or fd00::1"],
      ['allow to 10.0.0.0/33', "'10.0.0.0/33' is no range such as 10.0.0.0/24 or fd00::1"],
      [
        'allow to 10.0.0.1 from 10.0.0.2',
        "'from' is not expected there; the order is protocol, from, to, port, peer",
      ],
      ['allow port 80', "'port' needs tcp or udp"],
      ['allow icmp port 80', "'port' needs tcp or udp"],
      ['allow tcp port 65536', "'65536' is no port up to 65535, and no range such as 8000-8080"],
      ['allow tcp port 90-80', "'90-80' is no port up to 65535, and no range such as 8000-8080"],
      ['allow tcp port http', "'http' is no port up to 65535, and no range such as 8000-8080"],
      ['allow peer', "behind 'peer' there is no name"],
    ]
    for (const [rule, why] of wrong)
      expect(() => parseRule(rule)).toThrow(`Cannot read the rule '${rule}': ${why}`)
  })
})
