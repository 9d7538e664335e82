import type { PacketHook } from '../api/packet-hook.js'

/** Functions that a hook may have. */
const FUNCTIONS = ['outgoing', 'incoming', 'close'] as const

/** Throws an Error that says why something is no packet hook. */
export function checkHook(made: unknown): asserts made is PacketHook {
  if (typeof made !== 'object' || made === null) throw new Error('what it made is no object')
  const { drops, incoming, outgoing } = made as { readonly [Name in keyof PacketHook]?: unknown }
  for (const name of FUNCTIONS) {
    const value = (made as Record<string, unknown>)[name]
    if (value !== undefined && typeof value !== 'function') throw new Error(`its '${name}' is no function`)
  }
  if (outgoing === undefined && incoming === undefined) {
    throw new Error("it has neither a function 'outgoing' nor 'incoming'")
  }
  if (drops !== undefined && (typeof drops !== 'object' || drops === null)) {
    throw new Error("its 'drops' are no object")
  }
}
