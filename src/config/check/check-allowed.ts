import { type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { prefixKey } from '../../core/ip/prefix-bits.js'
import type { Check } from './check.js'
import type { Path } from './problems.js'

interface Owned {
  readonly peer: number
  readonly prefix: IpPrefix
  readonly path: Path
}

/**
 * Checks that no range of inner addresses belongs to two peers. A range within another one is remarked: the longer
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
  return peers.flatMap(({ allowedIps = [] }, peer) =>
    allowedIps.map((text, item) => ({
      peer,
      prefix: parseIpPrefix(text)!,
      path: ['peer', peer, 'allowed-ips', item],
    })),
  )
}
