import { lookRegularly } from '../routing/look-regularly.js'
import { type Kept, Upkeep, type UpkeepParts } from '../routing/upkeep.js'

/**
 * Milliseconds between two looks. Firewalls that make their rules anew leave a host without ours until then, and the
 * kernel tells nobody of rules of the legacy kind.
 */
const INTERVAL = 700

/** Keeps a packet filter that other firewalls remove until it is closed. */
export function keepShared(filter: Kept, { clock, log }: Pick<UpkeepParts, 'clock' | 'log'>): Upkeep {
  return new Upkeep({ clock, log, kept: [filter], watch: lookRegularly(clock, INTERVAL, 'filter') })
}
