import type { NumberSetting } from './number-setting.js'

/** Linux counts marks of packets by 32 bits; 0 is none. */
export const MARK = { min: 0, max: 2 ** 32 - 1, default: 0 } as const satisfies NumberSetting

/** Milliseconds that one of the user's commands may take. */
export const HOOK_TIMEOUT = 30_000

/** What a tunnel changes on its host beyond its device; all of it is undone. */
export interface HostSettings {
  /** The families whose default route leads into the tunnel. */
  readonly fullTunnel: { readonly ipv4: boolean; readonly ipv6: boolean }
  /** The mark of the carrier's packets; a free one if absent. */
  readonly mark?: number | undefined
  /** Whether a full tunnel leaves networks beside it as they are: private ones, and what an administrator routes. */
  readonly underlayRoutes: boolean
  /** Whether nothing leaves the host but by the tunnel and its carrier. */
  readonly killSwitch: boolean
  readonly dns: DnsSettings
  readonly hooks: HookSettings
  /** Whether the host forwards what comes by the tunnel. */
  readonly forward: boolean
  /** Whether what it forwards bears the host's own address. */
  readonly nat: boolean
}

/** Whom the host asks for names while the tunnel runs. */
export interface DnsSettings {
  /** Addresses; empty: whomever it asked before. */
  readonly servers: readonly string[]
  /** By server, the name in its certificate, for who asks it over TLS. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** Domains that a name without a dot may belong to. */
  readonly search: readonly string[]
  /** The only names that they are asked for; absent: all. */
  readonly split?: SplitDns | undefined
}

/** Names that some name servers are asked for, and no others. */
export interface SplitDns {
  /** Domains that they are in, or are. */
  readonly domains: readonly string[]
  /** Whether a host that can ask them only for all names is an error. */
  readonly isRequired: boolean
}

/** Whomever it asked before. */
export const NO_DNS: DnsSettings = { servers: [], search: [] }

/** No commands. */
export const NO_HOOKS: HookSettings = { preUp: [], postUp: [], preDown: [], postDown: [] }

/** Commands for the shell, run one after another; `%i` stands for the device. */
export interface HookSettings {
  /** Once the device is there, before it has addresses and before anything else is changed. */
  readonly preUp: readonly string[]
  /** Once the tunnel runs. */
  readonly postUp: readonly string[]
  /** Before the tunnel ends. */
  readonly preDown: readonly string[]
  /** Once the device is gone and the host is restored. */
  readonly postDown: readonly string[]
}
