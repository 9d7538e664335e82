import { PrefixTrie } from '../../src/core/ip/prefix-trie.js'
import type { Stage } from './stage.js'

const COUNTS = [1, 10, 100, 1_000, 10_000]
const LOOKUPS = 2_000
/** Prefixes of other lengths between those of single addresses, as a site's networks are. */
const NETWORK_EVERY = 10

/** Finding the peer that owns an address, among many. */
export function routingStages(): Stage[] {
  return COUNTS.map((count) => {
    const trie = new PrefixTrie<number>()
    const addresses = Array.from({ length: count }, (_, index) =>
      Uint8Array.of(10, index >>> 8, index & 255, 1),
    )
    for (const [index, address] of addresses.entries()) {
      trie.insert(address, index % NETWORK_EVERY === 0 ? 24 : 32, index + 1)
    }
    const asked = Array.from({ length: LOOKUPS }, (_, index) => addresses[(index * 7919) % count]!)
    return {
      name: `route among ${count}`,
      packets: LOOKUPS,
      run: () => {
        let sum = 0
        for (const address of asked) sum += trie.lookup(address, 0, 4)!
        if (Number.isNaN(sum)) throw new Error('Cannot route: an address has no owner')
      },
    }
  })
}
