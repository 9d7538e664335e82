import type { HookSees, PacketHook } from '../../../src/core/api/packet-hook.js'
import type { NamedHook } from '../../../src/core/hooks/hook-runner.js'

/** A hook that does the same both ways. */
export function bothWays(
  name: string,
  work: NonNullable<PacketHook['outgoing']>,
  sees: HookSees = 'packets',
  edits = true,
): NamedHook {
  return { name, plugin: 'tested', sees, edits, hook: { outgoing: work, incoming: work } }
}

/** A hook that notes in `order` when it is called. */
export function noting(name: string, order: string[]): NamedHook {
  return bothWays(name, () => {
    order.push(name)
    return undefined
  })
}
