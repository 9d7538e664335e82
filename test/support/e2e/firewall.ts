import type { Lab } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'

const TABLE = 'inet firewall'

/** Drops what passes the wire between two hosts, in silence and in both directions, as a firewall between them. */
export class Firewall {
  readonly #lab: Lab

  constructor(lab: Lab) {
    this.#lab = lab
  }

  /** Has these rules of nftables from now on, such as `udp dport 53 drop`; what none of them drops passes. */
  async rules(...rules: readonly string[]): Promise<void> {
    const onWire = rules.map((rule) => `iifname ${WIRE} ${rule};`)
    // Before everything else on its way in, so that no sender is told.
    const chain = `chain arriving { type filter hook prerouting priority raw; ${onWire.join(' ')} };`
    const { near, far } = this.#lab
    const script = `table ${TABLE}; delete table ${TABLE}; table ${TABLE} { ${chain} }`
    await Promise.all([near.run('nft', script), far.run('nft', script)])
  }
}
