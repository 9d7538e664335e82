import { isDeepStrictEqual } from 'node:util'
import { asError } from '../core/api/errors.js'
import type { IpPrefix } from '../core/ip/ip-prefix.js'
import { type BesideTunnel, NOTHING_BESIDE } from '../core/settings/beside-tunnel.js'
import { type DnsSettings, NO_HOOKS } from '../core/settings/host-settings.js'
import type { TransportSettings } from '../core/settings/transport-settings.js'
import { Turns } from '../core/time/turns.js'
import type { RouteNetlink } from '../native/netlink/route-netlink.js'
import { about } from '../native/process/namespace-scope.js'
import { type ChildPlace, ChildPlaces, placeIn } from './children/child-places.js'
import { keepShared } from './filter/keep-shared.js'
import { checkMayChange } from './may-change.js'
import {
  type AskedSettings,
  type HostParts,
  type KnownAddresses,
  type Prepared,
  prepareChanges,
  runOf,
} from './prepare-changes.js'
import type { HookProcess } from './programs/hook-process.js'
import { type HookParts, runHooks } from './programs/hooks.js'
import { belongsToKillSwitch, type Change } from './record/change.js'
import type { Journal } from './record/journal.js'
import { notRestored } from './repair.js'
import { DeviceKeeper } from './routing/device-keeper.js'
import { withNetworkLock } from './routing/network-lock.js'
import { TunnelRouting } from './routing/tunnel-routing.js'
import type { Led } from './routing/tunnel-table.js'
import { Upkeep } from './routing/upkeep.js'
import { type FilterState, TunnelFilter } from './tunnel-filter.js'
import { TunnelForwarding } from './tunnel-forwarding.js'
import { TunnelNameServers } from './tunnel-name-servers.js'
import {
  type AnswerTools,
  type UndoNotedParts,
  undoAndStrikeOut,
  undoNoted,
  undoReplaced,
} from './undo-noted.js'

/**
 * What a tunnel changes on its host beyond its device, in the order in which a tunnel starts and ends. However far it
 * came, `restore` undoes all of it.
 */
export class HostChanges {
  /** The mark of the carrier's packets; 0 for none. */
  readonly mark: number
  #parts: HostParts
  readonly #known: KnownAddresses
  readonly #journal: Journal
  /** Who the process was at the start. */
  readonly #user = process.getuid!()
  /** The host's network; undefined if nothing of it is marked or led into the tunnel. */
  readonly #network: RouteNetlink | undefined
  readonly #routing: TunnelRouting | undefined
  readonly #filter: TunnelFilter
  /** Undefined if packets of this host need no mark. */
  readonly #children: ChildPlaces | undefined
  #beside: BesideTunnel
  #around: readonly IpPrefix[]
  #keeper: DeviceKeeper | undefined
  #upkeep: Upkeep | undefined
  /** Keeps a packet filter that other firewalls remove. */
  #sharedFilter: Upkeep | undefined
  readonly #nameServers: TunnelNameServers
  readonly #forwarding: TunnelForwarding
  /** Aborted when the tunnel ends, for hooks that run. */
  readonly #ended = new AbortController()
  /** The packet filter of a process that was killed: a kill switch stands until the next one does. */
  readonly #inherited: readonly Change[]
  #running = false
  /** Whether PostUp was begun, and PreDown is to run. */
  #begun = false
  /** Resolves once PostUp is over. It is no step: what it has wg(8) ask for is one. */
  #postUp: Promise<unknown> = Promise.resolve()
  /** One step at a time. */
  readonly #steps = new Turns()

  private constructor(parts: HostParts, { journal, known, mark, network, staying }: Prepared) {
    const { fullTunnel, underlayRoutes } = parts.settings
    this.#parts = parts
    this.#beside = parts.beside ?? NOTHING_BESIDE
    this.#around = parts.around ?? []
    this.mark = mark
    this.#known = known
    this.#inherited = staying.filter(isFirewall)
    this.#journal = journal
    this.#network = network
    this.#nameServers = new TunnelNameServers({ ...parts, hooks: NO_HOOKS }, journal)
    this.#forwarding = new TunnelForwarding({ ...parts, hooks: NO_HOOKS }, journal, parts.addresses)
    const filter = { addresses: parts.addresses, mark, journal, network, remove: () => this.#removeFilter() }
    this.#filter = new TunnelFilter(filter, this.#filtered)
    const letOut = this.#filter.letOut.bind(this.#filter)
    if (mark !== 0 && parts.namespace === undefined)
      this.#children = new ChildPlaces({ ...parts, journal, network: network!, letOut })
    if (network !== undefined)
      this.#routing = new TunnelRouting({ fullTunnel, underlayRoutes, mark, journal, network })
  }

  /**
   * Undoes what a killed process left, but for its kill switch if there is to be one again, and finds
   * out whether all can be done that is asked for. Nothing is changed yet.
   *
   * @param answerTools answers for the killed process.
   * @throws ConfigError if it cannot; HostError if something cannot be undone.
   */
  static prepare(parts: HostParts, answerTools?: AnswerTools): Promise<HostChanges> {
    const prepare = async () => new HostChanges(parts, await prepareChanges(parts, answerTools))
    return about(parts.namespace, prepare)
  }

  /** Whom the host asks for names by the tunnel, at any time. */
  get nameServers(): readonly string[] {
    return this.#nameServers.servers
  }

  /** What transports have to know. */
  get transports(): Pick<TransportSettings, 'mark' | 'tunnelDns' | 'knownAddresses'> {
    const { namespace, settings } = this.#parts
    // The carrier of a device in a namespace stays where nothing leads into the tunnel.
    const mark = namespace === undefined ? this.mark : (settings.mark ?? 0)
    if (mark === 0) return {}
    // The carrier's own look-ups go to others.
    const tunnelDns = namespace === undefined ? this.#nameServers.servers : []
    return { mark, tunnelDns, knownAddresses: this.#known }
  }

  /**
   * The addresses of what carries the tunnel, as far as names of them are known; undefined if that does not pass by what is
   * led into the tunnel.
   */
  get carriersPassing(): KnownAddresses | undefined {
    return this.mark === 0 || this.#parts.namespace !== undefined ? undefined : this.#known
  }

  /** The device is there, without addresses: the packet filter comes, before anything is sent, and PreUp runs. */
  deviceMade(device: string): Promise<void> {
    return this.#do(async () => {
      const { hooks } = this.#parts.settings
      await this.#filter.add(device)
      await undoReplaced(this.#journal, this.#inherited, this.#undoParts)
      this.#noteHooks('PostDown', device, hooks.postDown)
      await runHooks('PreUp', device, hooks.preUp, this.#hookParts)
    })
  }

  /** The device is up: routes, kernel settings and name servers change. */
  deviceUp(device: string): Promise<void> {
    return this.#do(async () => {
      const { settings } = this.#parts
      await withNetworkLock(this.#parts, async () => {
        this.#routing?.lead(device, this.#led)
        await this.#forwarding.want(settings.forward || settings.nat)
      })
      await this.#nameServers.use(device, { own: settings.dns })
      this.#keep(device)
    })
  }

  /**
   * Where programs run that are to pass beside the tunnel, their questions about names answered at that port of the loopback.
   *
   * @throws HostError ERR_PROGRAM if there can be no such place.
   */
  childPlace(names: number | undefined): Promise<ChildPlace> {
    return this.#do(() => placeIn(this.#children, names, this.transports.mark))
  }

  /** What is led into the tunnel though it holds addresses that the tunnel itself sends to. */
  get around(): readonly IpPrefix[] {
    return this.#around
  }

  /** Leads these ranges into the tunnel from its start on, in the place of those that were asked for. */
  leadAround(ranges: readonly IpPrefix[]): void {
    this.#around = ranges
  }

  /**
   * Lets this pass beside the tunnel from now on, and nothing else, and leads these ranges into it though they hold
   * addresses that it itself sends to; all or nothing.
   *
   * @throws HostError or NetlinkError if that cannot be had.
   */
  async letPass(device: string, beside: BesideTunnel, around: readonly IpPrefix[]): Promise<void> {
    const before = [this.#beside, this.#around] as const
    if (JSON.stringify(before) === JSON.stringify([beside, around])) return
    await this.#do(async () => {
      try {
        await this.#letPass(device, beside, around)
      } catch (thrown) {
        await this.#letPass(device, ...before).catch(() => {}) // what keeps the network tries it again
        throw thrown
      }
    })
  }

  async #letPass(device: string, beside: BesideTunnel, around: readonly IpPrefix[]): Promise<void> {
    this.#beside = beside
    this.#around = around
    await this.#filter.change(this.#filtered)
    await withNetworkLock(this.#parts, () => this.#routing?.lead(device, this.#led))
    if (this.#upkeep === undefined && this.#sharedFilter === undefined) this.#keep(device)
  }

  get #led(): Led {
    return { around: this.#around, excluded: this.#beside.excluded }
  }

  get #filtered(): FilterState {
    return { settings: this.#parts.settings, beside: this.#beside, isLed: this.#around.length > 0 }
  }

  /**
   * Takes other settings from now on: of the kill switch, name servers, forwarding and hooks; all or nothing. Hooks of the
   * start are not run again.
   *
   * @throws ConfigError if that takes a start; HostError if it cannot be had.
   */
  async change(device: string, asked: AskedSettings): Promise<void> {
    const { file, hooksAs, settings } = this.#parts
    const before = { file, hooksAs, settings }
    if (isDeepStrictEqual({ ...before, ...asked }, before)) return
    await this.#do(async () => {
      const hasRights = this.#user === process.getuid!()
      if (!isDeepStrictEqual(settings, asked.settings)) {
        checkMayChange(asked.settings, { mark: this.mark, hasRights })
      }
      try {
        await this.#become(device, asked)
      } catch (thrown) {
        await this.#become(device, before).catch((again) => {
          this.#parts.log.warn('cannot go back to the settings of before', { why: asError(again).message })
        })
        throw thrown
      }
    })
  }

  async #become(device: string, asked: AskedSettings): Promise<void> {
    this.#parts = { ...this.#parts, ...asked }
    const { dns, forward, hooks, killSwitch, nat } = asked.settings
    await this.#upkeep?.close()
    await this.#sharedFilter?.close()
    this.#upkeep = this.#sharedFilter = this.#keeper = undefined
    try {
      if (killSwitch) this.#noteRun()
      await this.#filter.change(this.#filtered)
      this.#noteRun()
    } finally {
      this.#keep(device)
    }
    await withNetworkLock(this.#parts, () => this.#forwarding.want(forward || nat))
    await this.#nameServers.use(device, { own: dns })
    this.#noteHooks('PostDown', device, hooks.postDown)
    if (this.#begun) this.#noteHooks('PreDown', device, hooks.preDown)
  }

  async #removeFilter(): Promise<void> {
    const changes = this.#journal.changes.filter(isFirewall)
    const { failed } = await undoAndStrikeOut(this.#journal, changes, this.#undoParts)
    if (failed.length > 0) throw notRestored(this.#journal.path, failed)
  }

  #noteRun(): void {
    this.#journal.noteRun(runOf(this.#parts))
  }

  /** Does what changes addresses and routes of the device on purpose. */
  changingDevice<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#keeper?.changing(work) ?? work()
  }

  /** From now on what somebody else takes away of it comes back, if traffic would leave in the clear without. */
  #keep(device: string): void {
    const { clock, log, settings } = this.#parts
    const { ipv4, ipv6 } = settings.fullTunnel
    const { shared } = this.#filter
    if (shared !== undefined) this.#sharedFilter = keepShared(shared, this.#parts)
    const keeps = ipv4 || ipv6 || settings.killSwitch || this.#around.length > 0
    if (this.#network === undefined || this.#routing === undefined || !keeps) return
    this.#keeper = new DeviceKeeper(device, this.#network, () => this.#routing?.table)
    const children = this.#children === undefined ? [] : [this.#children]
    const kept = [this.#keeper, this.#routing, ...children, ...this.#filter.kept]
    this.#upkeep = new Upkeep({ clock, log, kept })
    this.#upkeep.look() // at what happened meanwhile
  }

  /**
   * Has the host ask other name servers from now on; those of the settings, or whomever it asked before, where there
   * are none. Once the tunnel stops it does nothing, since the host is restored then.
   */
  async useNameServers(device: string, dns: DnsSettings): Promise<void> {
    if (this.#ended.signal.aborted) return
    await this.#do(async () => {
      await this.#nameServers.use(device, { pushed: dns })
    })
  }

  /** The tunnel runs: PostUp. */
  async tunnelUp(device: string): Promise<void> {
    const { postUp, preDown } = this.#parts.settings.hooks
    let hooks: Promise<void> | undefined
    await this.#do(async () => {
      this.#noteHooks('PreDown', device, preDown)
      this.#begun = true
      // At once, so that whoever waits for it meets it; but not as a part of the step.
      hooks = runHooks('PostUp', device, postUp, this.#hookParts)
      this.#postUp = hooks.catch(() => {})
    })
    await hooks
    this.#running = true
  }

  /** The tunnel could call nobody, so its start failed after all: a kill switch that stood before it stays. */
  startFailed(): void {
    this.#running = false
  }

  /** The tunnel is about to end: PreDown runs while it still carries, if PostUp was begun. */
  async tunnelEnds(): Promise<void> {
    await this.#stepsEnd()
    const isPreDown = (change: Change) => change.kind === 'hooks' && change.name === 'PreDown'
    await this.#undo(this.#journal.changes.filter(isPreDown))
  }

  /** The device is about to go: what leads into it leads nowhere then. */
  async deviceEnds(): Promise<void> {
    await this.#stepsEnd()
    await this.#upkeep?.close()
    await this.#nameServers.close()
    await this.#sharedFilter?.close()
  }

  /**
   * Restores everything once the device is gone; PostDown is last. What fails stays in the journal, and so does a
   * kill switch where the tunnel did not end in order: because of an error, or while it came back after a kill.
   */
  async restore(orderly: boolean): Promise<void> {
    await this.#stepsEnd()
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

  #undo(changes: readonly Change[]): Promise<unknown> {
    const { namespace } = this.#parts
    return about(namespace, () => undoNoted(this.#journal, changes, this.#undoParts))
  }

  get #undoParts(): UndoNotedParts {
    return { ...this.#parts, hooks: this.#parts.settings.hooks }
  }

  get #hookParts(): HookParts {
    const noteHook = (hook: HookProcess | undefined) => this.#journal.noteHook(hook)
    return { ...this.#parts, signal: this.#ended.signal, noteHook }
  }

  /** Notes that hooks are to run at the end, or no longer. */
  #noteHooks(name: 'PreDown' | 'PostDown', device: string, commands: readonly string[]): void {
    const isThis = (change: Change) => change.kind === 'hooks' && change.name === name
    const { changes } = this.#journal
    const isNoted = changes.some(isThis)
    if (isNoted && commands.length === 0) this.#journal.settle(changes.filter((change) => !isThis(change)))
    if (!isNoted && commands.length > 0) this.#journal.note({ kind: 'hooks', name, device })
  }

  /** Nothing new is done from now on. Resolves once what was begun is over; hooks that run are killed. */
  async #stepsEnd(): Promise<void> {
    this.#ended.abort()
    await Promise.all([this.#steps.over(), this.#postUp])
  }

  /** One step at a time, and none once the tunnel ends. */
  #do<Result>(step: () => Promise<Result>): Promise<Result> {
    return this.#steps.take(async () => {
      if (this.#ended.signal.aborted) throw new Error('the tunnel was closed while it started')
      return about(this.#parts.namespace, step)
    })
  }
}

function isFirewall({ kind }: Change): boolean {
  return kind === 'firewall'
}
