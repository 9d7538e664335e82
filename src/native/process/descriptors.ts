import fs from 'node:fs'
import { hasCode } from '../../core/api/errors.js'

/** What the kernel lends as a descriptor that costs nothing. */
const NOTHING = '/dev/null'
/** What fails where no descriptor is left: of this process, or of the host. */
const SHORTAGES = ['EMFILE', 'ENFILE']

/** How many descriptors this process may have (RLIMIT_NOFILE); Infinity if nobody tells. */
export function descriptorLimit(limits = '/proc/self/limits'): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(fs.readFileSync(limits, 'latin1')) ?? []
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch (thrown) {
    return isShortage(thrown) ? 0 : Number.POSITIVE_INFINITY
  }
}

/** How many descriptors this process has; Infinity if there is none left to find that out, 0 if nobody tells. */
export function openDescriptors(): number {
  try {
    return fs.readdirSync('/proc/self/fd').length - 1 // the folder's own
  } catch (thrown) {
    return isShortage(thrown) ? Number.POSITIVE_INFINITY : 0
  }
}

/** Whether something failed because no descriptor was left. */
export function isShortage(thrown: unknown): boolean {
  return hasCode(thrown, SHORTAGES)
}

/** Descriptors that reserves gave back and that are not to be had for anything else yet. */
let spoken = 0

/** How many descriptors are left for whoever wants one; Infinity if nobody tells. */
export function freeDescriptors(limit = descriptorLimit()): number {
  return limit === Number.POSITIVE_INFINITY ? limit : limit - openDescriptors() - spoken
}

/**
 * Descriptors that are kept for the end: what restores the host needs pipes, also if strangers hold all the others by
 * then.
 */
export class DescriptorReserve {
  readonly #kept: number[] = []
  #given = 0

  /** Takes so many, or what is left. */
  constructor(count: number) {
    try {
      while (this.#kept.length < count) this.#kept.push(fs.openSync(NOTHING, 'r'))
    } catch {
      // what there is has to do
    }
  }

  /** How many are kept. */
  get size(): number {
    return this.#kept.length
  }

  /** Gives them back for the end, which has begun: to `freeDescriptors` they are not free before it is over. Idempotent. */
  release(): void {
    const kept = this.#kept.splice(0)
    for (const fd of kept) fs.closeSync(fd)
    this.#given += kept.length
    spoken += kept.length
  }

  /** The end is over. Idempotent. */
  over(): void {
    this.release()
    spoken -= this.#given
    this.#given = 0
  }
}
