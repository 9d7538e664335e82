import type { Cipher, CipherPeer, PeerId } from '../../core/api/cipher.js'
import type { VirtualClock } from '../kit/virtual-clock.js'
import { LabEnd } from './cipher-lab.js'

/** Answers to answers after which two ciphers are taken to never stop. */
const MOST_ROUNDS = 50

/** An end with several peers. */
export interface CipherHub {
  readonly cipher: Cipher
  /** The peers, at least two, all of them known to the hub. */
  readonly spokes: readonly HubSpoke[]
}

/** A peer of a hub. */
export interface HubSpoke {
  readonly cipher: Cipher
  /** How this end calls the hub. */
  readonly hub: PeerId
  /** What the hub knows of this end. */
  readonly known: CipherPeer
}

/** A hub and its peers, each with a wire of its own, in virtual time. */
export class HubLab {
  readonly hub: CipherHub
  readonly clock: VirtualClock

  constructor(clock: VirtualClock, hub: CipherHub) {
    this.clock = clock
    this.hub = hub
  }

  /** What the hub opens of what a peer seals, and whose it says that it is. */
  toHub(spoke: HubSpoke, packet: Uint8Array): { packets: Uint8Array[]; from: PeerId[] } {
    const { near, far } = this.#ends(spoke)
    carry(near, far, near.seal([packet]))
    return { packets: far.received, from: [...far.openedFrom] }
  }

  /** What a peer opens of what the hub seals for it. */
  fromHub(spoke: HubSpoke, packet: Uint8Array, reader: HubSpoke = spoke): Uint8Array[] {
    const { far } = this.#ends(spoke)
    const { near } = this.#ends(reader)
    carry(far, near, far.seal([packet]))
    return near.received
  }

  #ends(spoke: HubSpoke): { near: LabEnd; far: LabEnd } {
    const { cipher, hub, known } = spoke
    return {
      near: new LabEnd({ cipher, peer: hub }, this.clock, 'memory://hub'),
      far: new LabEnd(
        { cipher: this.hub.cipher, peer: known.id },
        this.clock,
        `memory://spoke${this.hub.spokes.indexOf(spoke)}`,
      ),
    }
  }
}

/** Carries datagrams to the other end, its replies back, and so on until nothing more is said. */
function carry(from: LabEnd, to: LabEnd, datagrams: readonly Uint8Array[]): void {
  let [sender, receiver] = [from, to]
  let batch = datagrams
  for (let round = 0; batch.length > 0; round++) {
    if (round === MOST_ROUNDS) throw new Error('The two ends answer each other without end')
    batch = receiver.open(batch).replies
    ;[sender, receiver] = [receiver, sender]
  }
}
