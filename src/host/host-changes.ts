import type { Logger } from '../core/api/logger.js'
import { type BesideTunnel, NOTHING_BESIDE } from '../core/settings/beside-tunnel.js'
import type { DnsSettings, HostSettings } from '../core/settings/host-settings.js'
import type { TransportSettings } from '../core/settings/transport-settings.js'
import type { Clock } from '../core/time/clock.js'
import type { RouteNetlink } from '../native/netlink/route-netlink.js'
import { about, type NamedNamespace } from '../native/process/namespace-scope.js'
import { changeDns, restoreDns } from './dns.js'
import { nameServersFile } from './files/name-server-places.js'
import type { FirewallSettings } from './filter/filter-settings.js'
import { keepShared } from './filter/keep-shared.js'
import { Firewall } from './firewall.js'
import { changeForwarding } from './kernel/forwarding.js'
import { keepNameServers } from './name-servers-keeper.js'
import { type HookParts, runHooks } from './programs/hooks.js'
import { belongsToKillSwitch, type Change } from './record/change.js'
import { Journal } from './record/journal.js'
import { notRestored, repairExcept } from './repair.js'
import { networkFor } from './routing/carrier-mark.js'
import { connectedLan, NO_LAN } from './routing/connected-lan.js'
import { DeviceKeeper } from './routing/device-keeper.js'
import { freeMark } from './routing/free-numbers.js'
import { withNetworkLock } from './routing/network-lock.js'
import { hasIpv6, TunnelRouting } from './routing/tunnel-routing.js'
import { stateOf } from './routing/tunnel-table.js'
import { type Kept, Upkeep } from './routing/upkeep.js'
import { undoAll } from './undo.js'
import { type UndoNotedParts, undoAndStrikeOut, undoNoted } from './undo-noted.js'

type KnownAddresses = ReadonlyMap<string, readonly string[]>

/** What the changes of a host depend on. */
export interface HostParts extends Pick<HookParts, 'file' | 'hooksAs'> {
  readonly settings: HostSettings
  /** The inner addresses of this end. */
  readonly addresses: readonly string[]
  /** What passes beside the tunnel at first; nothing if absent. */
  readonly beside?: BesideTunnel | undefined
  /** Where the device lives; with the process if absent. */
  readonly namespace?: NamedNamespace | undefined
  /** Where the changes are noted, for another process to undo them. */
  readonly journal: string
  /** Looks up all hosts by name that the tunnel is carried by; called before anything changes, if ever. */
  readonly lookUp: () => Promise<KnownAddresses>
  readonly log: Logger
  readonly clock: Clock
}

/** What is known before anything is changed. */
interface Prepared {
  readonly inherited: readonly Change[]
  readonly journal: Journal
  readonly known: KnownAddresses
  readonly mark: number
  readonly network: RouteNetlink | undefined
}

/**
 * What a tunnel changes on its host beyond its device, in the order in which a tunnel starts and ends. However far it
 * came, `restore` undoes all of it.
 */
export class HostChanges {
  /** The mark of the carrier's packets; 0 for none. */
  readonly mark: number
  readonly #parts: HostParts
  readonly #known: KnownAddresses
  readonly #journal: Journal
  /** The host's network; undefined if nothing of it is marked or led into the tunnel. */
  readonly #network: RouteNetlink | undefined
  readonly #routing: TunnelRouting | undefined
  #firewall: Firewall | undefined
  #beside: BesideTunnel
  #keeper: DeviceKeeper | undefined
  #upkeep: Upkeep | undefined
  /** Keeps a packet filter that other firewalls remove. */
  #sharedFilter: Upkeep | undefined
  /** Keeps the file of name servers. */
  #nameServers: Upkeep | undefined
  /** Aborted when the tunnel ends, for hooks that run. */
  readonly #ended = new AbortController()
  /** The packet filter of a process that was killed: a kill switch stands until the next one does. */
  readonly #inherited: readonly Change[]
  #running = false
  /** Whom the host asks by the tunnel, at any time: the carrier's own look-ups go to others. */
  readonly #tunnelDns: string[] = []
  /** Resolves once the step before is over. */
  #step: Promise<unknown> = Promise.resolve()

  private constructor(parts: HostParts, { inherited, journal, known, mark, network }: Prepared) {
    const { fullTunnel, underlayRoutes } = parts.settings
    this.#parts = parts
    this.#beside = parts.beside ?? NOTHING_BESIDE
    this.mark = mark
    this.#known = known
    this.#inherited = inherited
    this.#journal = journal
    this.#network = network
    const { excluded } = this.#beside
    if (network !== undefined)
      this.#routing = new TunnelRouting({ fullTunnel, underlayRoutes, mark, excluded, journal, network })
  }

  /**
   * Undoes what a killed process left, but for its kill switch if there is to be one again, and finds
   * out whether all can be done that is asked for. Nothing is changed yet.
   *
   * @throws ConfigError if it cannot; HostError if something cannot be undone.
   */
  static prepare(parts: HostParts): Promise<HostChanges> {
    return about(parts.namespace, () => HostChanges.#prepare(parts))
  }

  static async #prepare(parts: HostParts): Promise<HostChanges> {
    const { clock, file, hooksAs, log, lookUp, settings } = parts
    const network = networkFor(settings)
    try {
      const stays = (change: Change, name: string | undefined) =>
        settings.killSwitch && name === parts.namespace?.name && belongsToKillSwitch(change)
      const { failed, isHere, staying } = await repairExcept(
        parts.journal,
        { log, clock, hooks: settings.hooks, hooksAs, file },
        stays,
      )
      const needed = failed.filter((change) => !isHere || needsUndone(settings, change))
      if (needed.length > 0) throw notRestored(parts.journal, needed)
      const known = network === undefined ? new Map() : await lookUp()
      const run = { ...(file !== undefined && { file }), killSwitch: settings.killSwitch }
      const journal = new Journal(parts.journal, [...failed, ...staying], run)
      const mark = network === undefined ? 0 : await markFor(parts, network, journal)
      return new HostChanges(parts, { inherited: staying.filter(isFirewall), journal, known, mark, network })
    } catch (thrown) {
      network?.close()
      throw thrown
    }
  }

  /** What transports have to know. */
  get transports(): Pick<TransportSettings, 'mark' | 'tunnelDns' | 'knownAddresses'> {
    const { namespace, settings } = this.#parts
    // The carrier of a device in a namespace stays where nothing leads into the tunnel.
    const mark = namespace === undefined ? this.mark : (settings.mark ?? 0)
    if (mark === 0) return {}
    const tunnelDns = namespace === undefined ? this.#tunnelDns : []
    return { mark, tunnelDns, knownAddresses: this.#known }
  }

  /** The device is there, without addresses: the packet filter comes, before anything is sent, and PreUp runs. */
  deviceMade(device: string): Promise<void> {
    return this.#do(async () => {
      const { hooks } = this.#parts.settings
      this.#firewall = await Firewall.add(this.#firewallOf(device), this.#journal)
      await this.#replaceInherited()
      this.#noteHooks('PostDown', device, hooks.postDown)
      await runHooks('PreUp', device, hooks.preUp, this.#hookParts)
    })
  }

  /** The device is up: routes, kernel settings and name servers change. */
  deviceUp(device: string): Promise<void> {
    return this.#do(async () => {
      const { addresses, settings } = this.#parts
      await withNetworkLock(this.#parts, async () => {
        this.#routing?.lead(device)
        if (settings.forward || settings.nat) {
          const has = (sign: string) => addresses.some((address) => address.includes(sign))
          changeForwarding(has('.'), has(':') && hasIpv6(), this.#journal)
        }
        await this.#changeDns(device, settings.dns)
      })
      this.#keep(device)
    })
  }

  /**
   * Lets this pass beside the tunnel from now on, and nothing else; all or nothing.
   *
   * @throws HostError if that cannot be had.
   */
  async letPass(device: string, beside: BesideTunnel): Promise<void> {
    await this.#step
    await this.#do(async () => {
      const before = this.#beside
      if (JSON.stringify(before) === JSON.stringify(beside)) return
      try {
        await this.#letPass(device, beside)
      } catch (thrown) {
        await this.#letPass(device, before).catch(() => {}) // what keeps the network tries it again
        throw thrown
      }
    })
  }

  async #letPass(device: string, beside: BesideTunnel): Promise<void> {
    this.#beside = beside
    await this.#firewall?.change(this.#firewallOf(device))
    this.#routing?.exclude(beside.excluded)
  }

  #firewallOf(device: string): FirewallSettings {
    const { addresses, settings } = this.#parts
    const { allowLan, excluded } = this.#beside
    const network = settings.killSwitch && allowLan ? this.#network : undefined
    const lan = network === undefined ? NO_LAN : connectedLan(stateOf(network), device)
    return { ...settings, device, addresses, mark: this.mark, excluded, lan }
  }

  /** Does what changes addresses and routes of the device on purpose. */
  changingDevice<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#keeper?.changing(work) ?? work()
  }

  /** From now on what somebody else takes away of it comes back, if traffic would leave in the clear without. */
  #keep(device: string): void {
    const { clock, log, settings } = this.#parts
    const { ipv4, ipv6 } = settings.fullTunnel
    const firewall = this.#firewall
    if (firewall?.isShared) this.#sharedFilter = keepShared(firewall, this.#parts)
    if (this.#network === undefined || !(ipv4 || ipv6 || settings.killSwitch)) return
    this.#keeper = new DeviceKeeper(device, this.#network, this.#routing?.table)
    const kept: Kept[] = [this.#keeper]
    if (this.#routing !== undefined) kept.push(this.#routing)
    if (firewall !== undefined) kept.push(this.#followLan(device, firewall))
    if (firewall?.isShared === false) kept.push(firewall)
    this.#upkeep = new Upkeep({ clock, log, kept })
    this.#upkeep.look() // at what happened meanwhile
  }

  /** Lets those local networks pass that the host is connected to by now. */
  #followLan(device: string, firewall: Firewall): Kept {
    return {
      kind: 'routing',
      restore: async () => {
        if (this.#beside.allowLan) await firewall.change(this.#firewallOf(device))
        return []
      },
    }
  }

  /**
   * Has the host ask other name servers from now on; those of the settings, or whomever it asked before, where there
   * are none. Once the tunnel stops it does nothing, since the host is restored then.
   */
  async useNameServers(device: string, dns: DnsSettings): Promise<void> {
    if (this.#ended.signal.aborted) return
    await this.#step
    await this.#do(async () => {
      const { settings } = this.#parts
      await this.#nameServers?.close()
      await withNetworkLock(this.#parts, async () => {
        await restoreDns(device, this.#journal, this.#undoParts)
        await this.#changeDns(device, dns.servers.length > 0 ? dns : settings.dns)
      })
    })
  }

  async #changeDns(device: string, dns: DnsSettings): Promise<void> {
    this.#tunnelDns.splice(0, Infinity, ...dns.servers)
    if (dns.servers.length === 0) return
    const noted = this.#journal.changes.length
    try {
      const way = await changeDns(device, dns, this.#journal, this.#parts.log)
      if (way === 'file')
        this.#nameServers = keepNameServers({
          ...this.#parts,
          path: nameServersFile(),
          journal: this.#journal,
        })
      this.#parts.log.info('name servers changed', { servers: dns.servers, way })
    } catch (thrown) {
      // A part of it may have been changed.
      await undoAndStrikeOut(this.#journal, this.#journal.changes.slice(noted), this.#undoParts)
      throw thrown
    }
  }

  /** The tunnel runs: PostUp. */
  tunnelUp(device: string): Promise<void> {
    return this.#do(async () => {
      const { settings } = this.#parts
      this.#noteHooks('PreDown', device, settings.hooks.preDown)
      await runHooks('PostUp', device, settings.hooks.postUp, this.#hookParts)
      this.#running = true
    })
  }

  /** The tunnel could call nobody, so its start failed after all: a kill switch that stood before it stays. */
  startFailed(): void {
    this.#running = false
  }

  /** The tunnel is about to end: PreDown runs while it still carries, if PostUp was begun. */
  async tunnelEnds(): Promise<void> {
    this.#ended.abort()
    await this.#step
    const isPreDown = (change: Change) => change.kind === 'hooks' && change.name === 'PreDown'
    await this.#undo(this.#journal.changes.filter(isPreDown))
  }

  /** The device is about to go: what leads into it leads nowhere then. */
  async deviceEnds(): Promise<void> {
    this.#ended.abort()
    await this.#step
    await this.#upkeep?.close()
    await this.#nameServers?.close()
    await this.#sharedFilter?.close()
  }

  /**
   * Restores everything once the device is gone; PostDown is last. What fails stays in the journal, and so does a
   * kill switch where the tunnel did not end in order: because of an error, or while it came back after a kill.
   */
  async restore(orderly: boolean): Promise<void> {
    this.#ended.abort()
    await this.#step
    const { log, settings } = this.#parts
    const cameBack = this.#running || this.#inherited.length === 0
    const stays = (change: Change) =>
      settings.killSwitch && !(orderly && cameBack) && belongsToKillSwitch(change)
    const { changes } = this.#journal
    const staying = changes.filter(stays)
    await this.#undo(changes.filter((change) => !stays(change)))
    this.#network?.close()
    if (staying.some(isFirewall)) {
      log.warn('the kill switch stays until the tunnel runs again, or until "qanat down"')
    }
  }

  /** Removes the packet filter of another device, and forgets the one that this one's has replaced. */
  async #replaceInherited(): Promise<void> {
    const [inherited, own] = [
      this.#inherited,
      this.#journal.changes.filter((change) => !this.#isInherited(change)),
    ]
    const replaced = (change: Change) => own.some((other) => JSON.stringify(other) === JSON.stringify(change))
    const failed = await undoAll(
      inherited.filter((change) => !replaced(change)),
      this.#undoParts,
    )
    if (inherited.length > 0) this.#journal.settle([...failed, ...own])
  }

  #isInherited(change: Change): boolean {
    return this.#inherited.includes(change)
  }

  #undo(changes: readonly Change[]): Promise<unknown> {
    const { namespace } = this.#parts
    return about(namespace, () => undoNoted(this.#journal, changes, this.#undoParts))
  }

  get #undoParts(): UndoNotedParts {
    return { ...this.#parts, hooks: this.#parts.settings.hooks }
  }

  get #hookParts(): HookParts {
    return { ...this.#parts, signal: this.#ended.signal }
  }

  #noteHooks(name: 'PreDown' | 'PostDown', device: string, commands: readonly string[]): void {
    if (commands.length === 0) return
    this.#journal.note({ kind: 'hooks', name, device })
  }

  /** One step at a time, and none once the tunnel ends. */
  #do(step: () => Promise<void>): Promise<void> {
    if (this.#ended.signal.aborted) return Promise.reject(new Error('the tunnel was closed while it started'))
    const done = about(this.#parts.namespace, step)
    this.#step = done.catch(() => {})
    return done
  }
}

/** Whether a tunnel makes changes of a kind, so that one that was left has to be undone before. */
function needsUndone(settings: HostSettings, { kind }: Change): boolean {
  const { dns, forward, fullTunnel, killSwitch, nat } = settings
  const isFull = fullTunnel.ipv4 || fullTunnel.ipv6
  if (kind === 'firewall') return isFull || killSwitch || nat
  if (kind === 'name-servers' || kind === 'resolvconf') return dns.servers.length > 0
  if (kind === 'setting') return isFull || forward || nat
  return isFull
}

function isFirewall({ kind }: Change): boolean {
  return kind === 'firewall'
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
