import type { Logger } from '../core/api/logger.js'
import type { IpPrefix } from '../core/ip/ip-prefix.js'
import type { BesideTunnel } from '../core/settings/beside-tunnel.js'
import type { HostSettings } from '../core/settings/host-settings.js'
import type { Clock } from '../core/time/clock.js'
import type { RouteNetlink } from '../native/netlink/route-netlink.js'
import type { NamedNamespace } from '../native/process/namespace-scope.js'
import { needsUndone } from './needs-undone.js'
import type { HookParts } from './programs/hooks.js'
import { belongsToKillSwitch, type Change } from './record/change.js'
import { Journal } from './record/journal.js'
import type { NotedRun } from './record/noted-run.js'
import { notRestored, repairExcept } from './repair.js'
import { networkFor } from './routing/carrier-mark.js'
import { freeMark } from './routing/free-numbers.js'
import { withNetworkLock } from './routing/network-lock.js'
import type { AnswerTools } from './undo-noted.js'

/** Addresses by name, of all hosts that carry a tunnel. */
export type KnownAddresses = ReadonlyMap<string, readonly string[]>

/** What the changes of a host depend on. */
export interface HostParts extends Pick<HookParts, 'file' | 'hooksAs'> {
  readonly settings: HostSettings
  /** The inner addresses of this end. */
  readonly addresses: readonly string[]
  /** What passes beside the tunnel at first; nothing if absent. */
  readonly beside?: BesideTunnel | undefined
  /** What goes into the tunnel though it holds addresses that the tunnel itself sends to. Nothing if absent. */
  readonly around?: readonly IpPrefix[] | undefined
  /** Where the device lives; with the process if absent. */
  readonly namespace?: NamedNamespace | undefined
  /** Where the changes are noted, for another process to undo them. */
  readonly journal: string
  /** Looks up all hosts by name that the tunnel is carried by; called before anything changes, if ever. */
  readonly lookUp: () => Promise<KnownAddresses>
  readonly log: Logger
  readonly clock: Clock
}

/** What may change of it while a tunnel runs. */
export type AskedSettings = Pick<HostParts, 'settings' | 'hooksAs' | 'file'>

/** What is known before anything is changed. */
export interface Prepared {
  /** The kill switch of a process that was killed. */
  readonly staying: readonly Change[]
  readonly journal: Journal
  readonly known: KnownAddresses
  readonly mark: number
  readonly network: RouteNetlink | undefined
}

/**
 * Undoes what a killed process left, but for its kill switch if there is to be one again, and finds out whether all can be
 * done that is asked for, in the namespace at hand. Nothing is changed yet.
 *
 * @param answerTools answers for the killed process.
 * @throws ConfigError if it cannot; HostError if something cannot be undone.
 */
export async function prepareChanges(parts: HostParts, answerTools?: AnswerTools): Promise<Prepared> {
  const { around = [], clock, file, hooksAs, log, lookUp, settings } = parts
  const isLed = around.length > 0
  const network = networkFor(settings, isLed)
  try {
    const stays = (change: Change, name: string | undefined) =>
      settings.killSwitch && name === parts.namespace?.name && belongsToKillSwitch(change)
    const { failed, isHere, staying } = await repairExcept(
      parts.journal,
      { log, clock, hooks: settings.hooks, hooksAs, file, answerTools },
      stays,
    )
    const needed = failed.filter((change) => !isHere || needsUndone(settings, isLed, change))
    if (needed.length > 0) throw notRestored(parts.journal, needed)
    const known = network === undefined ? new Map() : await lookUp()
    const journal = new Journal(parts.journal, [...failed, ...staying], runOf(parts))
    const mark = network === undefined ? 0 : await markFor(parts, network, journal)
    return { staying, journal, known, mark, network }
  } catch (thrown) {
    network?.close()
    throw thrown
  }
}

/** Whose changes a journal is about. */
export function runOf({ file, settings }: Pick<HostParts, 'file' | 'settings'>): NotedRun {
  return { ...(file !== undefined && { file }), killSwitch: settings.killSwitch }
}

/** The mark of the settings, or that of a kill switch that stands, or a free one. */
async function markFor(parts: HostParts, network: RouteNetlink, journal: Journal): Promise<number> {
  const { mark } = parts.settings
  if (mark !== undefined && mark !== 0) return mark
  const standing = journal.changes.find((change) => change.kind === 'mark')
  if (standing !== undefined) return standing.mark
  return withNetworkLock(parts, async () => {
    const free = await freeMark(network, journal.others())
    journal.note({ kind: 'mark', mark: free })
    return free
  })
}
