// @ts-check
import { FlowTable, flowKey } from './flow-table.js'
import { FragmentTable } from './fragment-table.js'
import { Facts } from './packet-facts.js'
import { matches } from './rules.js'

/** Lets packets pass that a rule allows, and those of flows that one allowed. */
export class Filter {
  drops = { denied: 0, malformed: 0, fragments: 0 }
  /** @type {readonly import('./rules.js').Rule[]} */
  #rules
  /** Flows by who began them: what peers begin takes no room of what this end began. */
  #flows = { out: new FlowTable(), in: new FlowTable() }
  /** By their way, so that peers take no room of what this end sends. */
  #fragments = { out: new FragmentTable(), in: new FragmentTable() }
  #facts = new Facts()
  #quoted = new Facts()

  /** @param {readonly import('./rules.js').Rule[]} rules The first that is about a packet decides; without one it is dropped. */
  constructor(rules) {
    this.#rules = rules
    /** @type {(packets: readonly import('qanat').Packet[], peer: import('qanat').HookPeer, now: number) => import('qanat').HookResult | undefined} */
    this.outgoing = (packets, peer, now) => this.#filter(packets, peer, now, 'out')
    /** @type {(packets: readonly import('qanat').Packet[], peer: import('qanat').HookPeer, now: number) => import('qanat').HookResult | undefined} */
    this.incoming = (packets, peer, now) => this.#filter(packets, peer, now, 'in')
  }

  /**
   * @param {readonly import('qanat').Packet[]} packets
   * @param {import('qanat').HookPeer} peer
   * @param {number} now
   * @param {'in' | 'out'} direction
   */
  #filter(packets, peer, now, direction) {
    /** @type {import('qanat').Packet[]} */
    const passed = []
    for (const packet of packets) if (this.#passes(packet.bytes, peer, now, direction)) passed.push(packet)
    return passed.length === packets.length ? undefined : { packets: passed }
  }

  /** @type {(bytes: Uint8Array, peer: import('qanat').HookPeer, now: number, direction: 'in' | 'out') => boolean} */
  #passes(bytes, peer, now, direction) {
    const facts = this.#facts
    if (!facts.read(bytes, direction)) {
      this.drops.malformed++
      return false
    }
    const { headers } = facts
    if (headers.fragment === 'later') {
      if (this.#fragments[direction].follows(facts, peer.id, now)) return true
      this.drops.fragments++
      return false
    }
    if (!this.#isAllowed(facts, peer, now)) {
      this.drops.denied++
      return false
    }
    if (headers.fragment !== 'first' || this.#fragments[direction].add(facts, peer.id, now)) return true
    this.drops.fragments++
    return false
  }

  /** @type {(facts: Facts, peer: import('qanat').HookPeer, now: number) => boolean} */
  #isAllowed(facts, peer, now) {
    const { direction, headers } = facts
    if (facts.about > 0 && this.#isAboutFlow(facts, peer, now)) return true
    const key = flowKey(facts)
    if (this.#flows.out.knows(key, peer.id, facts, now) || this.#flows.in.knows(key, peer.id, facts, now))
      return true
    for (const rule of this.#rules) {
      if (!matches(rule, facts, peer)) continue
      if (rule.allows && facts.about === 0) this.#flows[direction].add(key, peer.id, headers.protocol, now)
      return rule.allows
    }
    return false
  }

  /**
   * Whether an ICMP error is about a packet of a known flow, which went the other way.
   *
   * @type {(facts: Facts, peer: import('qanat').HookPeer, now: number) => boolean}
   */
  #isAboutFlow({ about, bytes, direction }, peer, now) {
    const quoted = this.#quoted
    if (!quoted.read(bytes.subarray(about), direction === 'out' ? 'in' : 'out', false)) return false
    if (quoted.headers.fragment === 'later') return false
    const key = flowKey(quoted)
    return this.#flows.out.knows(key, peer.id, quoted, now) || this.#flows.in.knows(key, peer.id, quoted, now)
  }
}
