import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { asError, HostError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { Clock } from '../../core/time/clock.js'
import { NetlinkError } from '../../native/netlink/netlink-socket.js'
import { OUR_PROTOCOL } from '../../native/netlink/ownership.js'
import type { RouteNetlink } from '../../native/netlink/route-netlink.js'
import type { UserRule } from '../../native/netlink/rule.js'
import { findProgram } from '../../native/process/programs.js'
import type { ChildMatch } from '../filter/filter-settings.js'
import { hasIptables } from '../filter/iptables.js'
import { childText } from '../filter/nft-script.js'
import { hasIpv6 } from '../kernel/has-ipv6.js'
import { command } from '../programs/command.js'
import type { Change } from '../record/change.js'
import type { Journal } from '../record/journal.js'
import { withNetworkLock } from '../routing/network-lock.js'
import { priorityBefore } from '../routing/tunnel-routing.js'
import { makeGroup, moveInto, removeGroup } from './child-group.js'
import { freeUser } from './child-user.js'
import { type OwnGroup, ownGroup } from './own-group.js'

/** Where programs of a tunnel run. */
export interface ChildPlace {
  /** The user that they run as, by number; whoever this process is if absent. */
  readonly user?: number | undefined
  /** Has a program be there that was started and does nothing yet. Throws an error of the system's if that is not permitted. */
  enter(pid: number): void
}

/** What places depend on. */
export interface ChildPlacesParts {
  readonly journal: Journal
  readonly network: RouteNetlink
  readonly log: Logger
  readonly clock: Clock
  /** Has packets of programs pass beside the tunnel from now on, their questions about names answered at a port. */
  readonly letOut: (children: ChildMatch, names: number | undefined) => Promise<void>
  /** The group of this process, or why there is none. Default: as the kernel has it. */
  readonly group?: () => OwnGroup | string
}

/**
 * The place of these, or none in particular for programs of a tunnel that nothing is led into.
 *
 * @param mark The mark that the carrier's packets have, if any.
 * @throws HostError ERR_PROGRAM if there can be none.
 */
export async function placeIn(
  places: ChildPlaces | undefined,
  names: number | undefined,
  mark = 0,
): Promise<ChildPlace> {
  if (places !== undefined) return places.place(names)
  if (mark === 0) return { user: userIfRoot([]), enter() {} }
  throw new HostError('Cannot start a program whose packets bear a mark beside a device in a namespace', {
    code: 'ERR_PROGRAM',
  })
}

/**
 * Places from which packets pass beside a tunnel: a control group, else a user of their own. There is one for all programs of a
 * tunnel.
 */
export class ChildPlaces {
  readonly kind = 'routing'
  readonly #parts: ChildPlacesParts
  #place: Promise<ChildPlace> | undefined
  #rules: readonly UserRule[] = []

  constructor(parts: ChildPlacesParts) {
    this.#parts = parts
  }

  /**
   * The place, which is made for the first one who asks, and for the next one if that failed.
   *
   * @param names The port of the loopback at which questions about names are answered, if at any.
   * @throws HostError ERR_PROGRAM if there can be none.
   */
  place(names: number | undefined): Promise<ChildPlace> {
    this.#place ??= this.#make(names).catch((thrown) => {
      this.#place = undefined
      throw thrown
    })
    return this.#place
  }

  /** Adds rules again that somebody removed. Returns what was missing. */
  restore(): string[] {
    return this.#rules.flatMap((rule) => {
      const isMissing = this.#add(rule)
      return isMissing ? [`routing rule ${rule.priority} of IPv${rule.family}`] : []
    })
  }

  async #make(names: number | undefined): Promise<ChildPlace> {
    const grouped = await this.#makeGroup(names)
    if (typeof grouped !== 'string') return grouped
    const { clock, journal, letOut, log } = this.#parts
    const user = userIfRoot(usersIn([...journal.others(), ...journal.changes]))
    if (user === undefined) {
      throw new HostError(
        `Cannot start a program beside the tunnel: ${grouped}, and only root can give it a user of its own; see docs/service.md, or start Qanat as root`,
        { code: 'ERR_PROGRAM' },
      )
    }
    log.debug('programs run as a user of their own', { user, why: grouped })
    await withNetworkLock({ clock, log }, () => this.#lead(user))
    await letOut({ user }, names)
    return { user, enter() {} }
  }

  /** Why there can be none, if there can be none. */
  async #makeGroup(names: number | undefined): Promise<ChildPlace | string> {
    const { clock, journal, letOut, log } = this.#parts
    const own = (this.#parts.group ?? ownGroup)()
    if (typeof own === 'string') return own
    const name = `qanat-${randomBytes(4).toString('hex')}`
    const folder = join(own.folder, name)
    const match = { cgroup: join(own.path, name), mount: own.mount }
    const change: Change = { kind: 'cgroup', path: folder }
    journal.note(change)
    try {
      makeGroup(folder)
      await checkFilterKnows(match)
      await letOut(match, names)
      log.debug('programs run in a control group of their own', { group: folder })
      return { user: userIfRoot([]), enter: (pid) => moveInto(folder, pid) }
    } catch (thrown) {
      await removeGroup(folder, clock).catch(() => {}) // the journal keeps what is left
      journal.settle(journal.changes.filter((noted) => noted !== change))
      return asError(thrown).message
    }
  }

  /** By the main table, before any tunnel; so they choose their address as if there were none. */
  #lead(user: number): void {
    const { journal, network } = this.#parts
    const families = hasIpv6() ? ([4, 6] as const) : ([4] as const)
    this.#rules = families.map((family) => {
      const priority = Math.ceil(priorityBefore(network, family) / 2)
      return { family, priority, user }
    })
    for (const rule of this.#rules) {
      journal.note({ kind: 'user-rule', ...rule })
      this.#add(rule)
    }
  }

  /** Whether it was not there. */
  #add(rule: UserRule): boolean {
    try {
      this.#parts.network.addRule(rule, OUR_PROTOCOL)
      return true
    } catch (thrown) {
      if (thrown instanceof NetlinkError && thrown.errno === 'EEXIST') return false
      throw thrown
    }
  }
}

/** Rejects if the packet filter cannot know programs by their group. */
async function checkFilterKnows(match: ChildMatch): Promise<void> {
  if (findProgram('nft') === undefined && hasIptables()) return
  const chain = `chain c {\n type route hook output priority -150\n ${childText(match)} accept\n }`
  await command('nft', ['-c', '-f', '-'], `table inet qanat-question {\n ${chain}\n}\n`)
}

/** A user of its own for a program, if this process may change users. */
function userIfRoot(taken: readonly number[]): number | undefined {
  return process.getuid!() === 0 ? freeUser(taken, process.pid) : undefined
}

function usersIn(changes: readonly Change[]): number[] {
  return changes.flatMap((change) => (change.kind === 'user-rule' ? change.user : []))
}
