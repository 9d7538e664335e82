import type { PeerId } from './cipher.js'
import type { Packet } from './packet.js'

/** What a hook is handed: each packet by itself, or super-packets too, whole. Seeing these costs less. */
export type HookSees = 'packets' | 'super-packets'

/** The two things that a hook may be asked to do. */
export type HookOperation = 'outgoing' | 'incoming'

/** The far end that packets go to or come from. */
export interface HookPeer {
  readonly id: PeerId
  /** What the configuration calls it. */
  readonly name?: string | undefined
}

/** What becomes of a batch. */
export interface HookResult {
  /**
   * What goes on, in this order; all of the batch if absent. What is left out is dropped. In place of a packet there may
   * be one of the hook's own, of no more than the MTU of the moment, which is copied.
   */
  readonly packets?: readonly Packet[] | undefined
  /**
   * Packets that go back to where the batch came from: to the host from `outgoing`, to the peer from `incoming`. No hook
   * sees them. They are copied, and are no super-packets.
   */
  readonly replies?: readonly Packet[] | undefined
}

/**
 * Looks at packets inside the tunnel, and edits, drops, replaces or answers them. Packets are lent until the call
 * returns: they may be edited in place, and a packet's `bytes` may become another view of its memory, which is then
 * copied. The room around a packet is its own if it is outgoing; an incoming one has none, and is replaced if it is to
 * grow. Nothing is returned if the batch goes on as it is.
 *
 * A hook returns at once, never a promise. One that throws, or returns something else, loses the batch; at the tenth
 * time within 10 s the tunnel ends.
 */
export interface PacketHook {
  /** Packets that left the host for a peer, before they are made to fit the path to it. */
  outgoing?(packets: readonly Packet[], peer: HookPeer, now: number): HookResult | undefined
  /** Packets of a peer that may use their sources, before the host gets them. */
  incoming?(packets: readonly Packet[], peer: HookPeer, now: number): HookResult | undefined
  /** Packets that the hook left out so far, by cause; counted as `dropped` if absent. */
  readonly drops?: Readonly<Record<string, number>>
  /** The tunnel ended. Called once. */
  close?(): void | Promise<void>
}
