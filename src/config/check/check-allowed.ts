import { networkOf } from '../../core/ip/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { prefixKey } from '../../core/ip/prefix-bits.js'
import { MEMBERS } from '../../core/settings/group-settings.js'
import type { PeerModel } from '../schema/model.js'
import type { Check } from './check.js'
import type { Path } from './problems.js'

interface Owned {
  /** Its place; of members of a group that of the first one. */
  readonly peer: number
  readonly prefix: IpPrefix
  readonly path: Path
}

/**
 * Checks that no range of inner addresses belongs to two peers that do not stand for each other. A range within another one is remarked: the longer
 * one wins, which may be meant. All addresses of a family are the usual way to say "whatever no one else owns".
 */
export function checkAllowed({ model, report, remark }: Check): void {
  const owners = new Map<string, Owned>()
  for (const owned of everyPrefix(model.peers)) {
    const key = prefixKey(owned.prefix.address, owned.prefix.bits)
    const other = owners.get(key)
    if (other === undefined) owners.set(key, owned)
    else if (other.peer !== owned.peer) {
      report(
        owned.path,
        `holds ${owned.prefix.text}, which peer ${other.peer + 1} owns already; each range has one owner`,
      )
    }
  }
  const lengths = [...new Set([...owners.values()].map(({ prefix }) => prefix.bits))]
  for (const { peer, prefix, path } of owners.values()) {
    for (const bits of lengths) {
      if (bits === 0 || bits >= prefix.bits) continue
      const around = owners.get(prefixKey(prefix.address, bits))
      if (around === undefined || around.peer === peer) continue
      remark(
        path,
        `holds ${prefix.text}, which lies within ${around.prefix.text} of peer ${around.peer + 1}; the longer one wins`,
      )
    }
  }
}

function everyPrefix(peers: Check['model']['peers']): Owned[] {
  return peers.flatMap(({ allowedIps = [], group }, index) =>
    allowedIps.map((text, item) => ({
      peer: group === undefined ? index : peers.findIndex((peer) => peer.group === group),
      prefix: parseIpPrefix(text)!,
      path: ['peer', index, 'allowed-ips', item],
    })),
  )
}

/** Checks that members of a group can stand for each other: each is called, and what they own and how they are chosen is one. */
export function checkGroups({ model, report }: Check): void {
  const groups = new Map<string, number[]>()
  for (const [index, { choose, endpoints = [], group }] of model.peers.entries()) {
    if (group === undefined) {
      if (choose !== undefined)
        report(['peer', index, 'choose'], "is for members of a group; give 'group', too")
      continue
    }
    groups.set(group, [...(groups.get(group) ?? []), index])
    if (endpoints.length === 0) {
      report(['peer', index, 'endpoints'], `is missing; each member of group '${group}' is called`)
    }
  }
  for (const [group, members] of groups) {
    const size = `a group has ${MEMBERS.min} to ${MEMBERS.max}`
    if (members.length < MEMBERS.min) {
      report(['peer', members[0]!, 'group'], `is '${group}', which has no other member; ${size}`)
    } else if (members.length > MEMBERS.max) {
      report(
        ['peer', members[MEMBERS.max]!, 'group'],
        `is '${group}', which has ${members.length} members; ${size}`,
      )
    }
    for (const key of ['allowed-ips', 'choose'] as const) {
      const saying = members.filter((index) => saidBy(model.peers[index]!, key) !== undefined)
      const [first] = saying
      for (const index of saying) {
        if (saidBy(model.peers[index]!, key) === saidBy(model.peers[first!]!, key)) continue
        report(
          ['peer', index, key],
          `differs from that of peer ${first! + 1} of group '${group}'; give it once, or alike`,
        )
      }
    }
  }
}

/** What a member says, alike for those that mean the same. */
function saidBy({ allowedIps, choose }: PeerModel, key: 'allowed-ips' | 'choose'): string | undefined {
  if (key === 'choose') return choose
  return (
    allowedIps &&
    [...new Set(allowedIps.map((text) => networkOf(parseIpPrefix(text)!).text))].toSorted().join()
  )
}
