import type { BesideTunnel } from '../core/settings/beside-tunnel.js'
import type { HostSettings } from '../core/settings/host-settings.js'
import type { RouteNetlink } from '../native/netlink/route-netlink.js'
import type { ChildMatch, FirewallSettings } from './filter/filter-settings.js'
import { nftScript } from './filter/nft-script.js'
import { Firewall } from './firewall.js'
import type { Journal } from './record/journal.js'
import { connectedLan, NO_LAN } from './routing/connected-lan.js'
import { inboundMark } from './routing/inbound-mark.js'
import { stateOf } from './routing/tunnel-table.js'
import type { Kept } from './routing/upkeep.js'

/** What the packet filter of a tunnel depends on. */
export interface FilterParts extends Pick<FirewallSettings, 'addresses' | 'mark'> {
  readonly journal: Journal
  /** The host's network; undefined if nothing of it is marked or led into the tunnel. */
  readonly network: RouteNetlink | undefined
  /** Removes what was added. */
  readonly remove: () => Promise<void>
}

/** What makes a filter other than that of a tunnel that stands alone. */
export interface FilterState {
  readonly settings: HostSettings
  readonly beside: BesideTunnel
  /** Whether packets are led into the tunnel past those that carry it. */
  readonly isLed: boolean
}

/** The packet filter of a tunnel, as what passes beside it and the networks of the host have it. */
export class TunnelFilter {
  readonly #parts: FilterParts
  #device = ''
  #state: FilterState
  #firewall: Firewall | undefined
  /** Programs that pass beside the tunnel. */
  #children: Pick<FirewallSettings, 'children' | 'childNames'> = {}

  constructor(parts: FilterParts, state: FilterState) {
    this.#parts = parts
    this.#state = state
  }

  /** Adds what the settings need, all of it at once. */
  async add(device: string): Promise<void> {
    this.#device = device
    this.#firewall = await Firewall.add(this.#settings, this.#parts.journal)
  }

  /** Lets packets of programs pass beside the tunnel, from its start on if there is no device yet. */
  async letOut(children: ChildMatch, childNames: number | undefined): Promise<void> {
    this.#children = { children, childNames }
    if (this.#device !== '') await this.change(this.#state)
  }

  /** Puts what this needs in the place of what is there, all of it at once; nothing if it needs none. */
  async change(state: FilterState): Promise<void> {
    this.#state = state
    if (this.#firewall === undefined) await this.add(this.#device)
    else if (nftScript(this.#settings) !== undefined) await this.#firewall.change(this.#settings)
    else {
      await this.#parts.remove()
      this.#firewall = undefined
    }
  }

  /** What is kept as events tell: the filter, and that it lets those local networks pass that the host is connected to. */
  get kept(): readonly Kept[] {
    const follow = async () => {
      if (this.#state.beside.allowLan) await this.#firewall?.change(this.#settings)
      return []
    }
    const own = this.#firewall?.isShared === false ? [this.#firewall] : []
    return [...own, { kind: 'routing', restore: follow }]
  }

  /** A filter that other firewalls remove, of which no event tells; undefined if it is none. */
  get shared(): Kept | undefined {
    return this.#firewall?.isShared === true ? this.#firewall : undefined
  }

  get #settings(): FirewallSettings {
    const { addresses, mark, network } = this.#parts
    const { beside, isLed, settings } = this.#state
    const { allowLan, answerInbound, excluded } = beside
    const inbound = inboundMark(settings, answerInbound, mark)
    const sees = settings.killSwitch && allowLan && network !== undefined
    const lan = sees ? connectedLan(stateOf(network), this.#device) : NO_LAN
    const own = { device: this.#device, addresses, mark, excluded, lan, isLed, inboundMark: inbound }
    return { ...settings, ...own, ...this.#children }
  }
}
