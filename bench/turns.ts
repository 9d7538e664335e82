import type { System } from './systems/system.js'

/**
 * The order in which systems take turns in a part of a round: the reference before and after the others, so that its mean stands
 * for the machine as it was meanwhile. Alone it has one turn.
 */
export function turnsOf(systems: readonly System[], reference: string): readonly System[] {
  const found = systems.find(({ name }) => name === reference)
  const others = systems.filter((system) => system !== found)
  return found === undefined || others.length === 0 ? systems : [found, ...others, found]
}
