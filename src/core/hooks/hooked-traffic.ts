import type { Packet } from '../api/packet.js'
import type { TunDevice } from '../api/tun-device.js'
import type { Peer } from '../peers/peers.js'
import type { HookChain, HookSink } from './hook-chain.js'

/** What came of one peer and may go to the host, and later what hooks answer. */
interface Group {
  readonly peer: Peer
  readonly packets: Packet[]
}

/** Takes a pump's batches through hooks, on to where they go, and sends back what the hooks answer. */
export class HookedTraffic {
  readonly #chain: HookChain
  readonly #tun: Pick<TunDevice, 'write'>
  readonly #goOn: HookSink
  readonly #answer: HookSink
  #groups: Group[] = []

  /** @param goOn Takes packets on to their peer, and `answer` those that hooks made, past all hooks. */
  constructor(chain: HookChain, tun: Pick<TunDevice, 'write'>, goOn: HookSink, answer: HookSink) {
    this.#chain = chain
    this.#tun = tun
    this.#goOn = goOn
    this.#answer = answer
  }

  /** Takes packets of the host's to a peer, which takes super-packets if `rejoins` says so. */
  outgoing(packets: Packet[], peer: Peer, now: number, rejoins: boolean): void {
    const replies = this.#chain.pass('outgoing', packets, peer, now, this.#goOn, rejoins)
    if (replies.length > 0) this.#tun.write(replies)
  }

  /** Notes those packets of a batch, from one on, that came of a peer. */
  admitted(peer: Peer, packets: readonly Packet[], from: number): void {
    if (packets.length > from) this.#groups.push({ peer, packets: packets.slice(from) })
  }

  /**
   * Takes what was admitted to the host. Replies come last: to send them uses the cipher, which takes back what it lent.
   */
  write(now: number): void {
    const groups = this.#groups
    this.#groups = []
    const answers: Group[] = []
    for (const { packets, peer } of groups) {
      const replies = this.#chain.pass(
        'incoming',
        packets,
        peer,
        now,
        (passed) => this.#tun.write(passed),
        true,
      )
      if (replies.length > 0) answers.push({ peer, packets: replies })
    }
    for (const { packets, peer } of answers) this.#answer(packets, peer, now)
  }
}
