import type { IpPrefix } from '../ip/ip-prefix.js'
import type { ClientSettings, SettingKind } from '../settings/client-settings.js'
import type { GroupConfig } from '../settings/group-settings.js'
import type { HostSettings } from '../settings/host-settings.js'
import type { NumberSetting } from '../settings/number-setting.js'
import type { PeerRoutes } from '../settings/peer-routes.js'
import type { NamedPlugin, PluginOptions } from '../settings/plugin-options.js'
import type { TunnelTransports } from '../settings/transport-settings.js'
import type { CipherPeer } from './cipher.js'
import type { TunOptions } from './tun-device.js'

/** Packet hooks of a tunnel. */
export const MAX_PACKET_HOOKS = 16

/** A far end of a tunnel. */
export interface PeerConfig extends CipherPeer {
  /** What the user calls it. */
  readonly name?: string | undefined
  /** The inner addresses that the peer owns. */
  readonly allowed: readonly IpPrefix[]
  /** Where it is reached, the best first; their schemes name transports. Empty: this end waits for it. */
  readonly endpoints: readonly URL[]
  /** The group that it is a member of; all members have the same `allowed`. It owns that by itself if absent. */
  readonly group?: GroupConfig | undefined
  /** Whether several processes have its key, each at endpoints of its own; false if absent. */
  readonly sharedIdentity?: boolean | undefined
  /** What is pushed to it when it asks; nothing if absent. */
  readonly push?: ClientSettings | undefined
  /** What this end accepts of what the peer pushes; nothing if absent. */
  readonly accepts?: readonly SettingKind[] | undefined
  /** From when on it is refused, in milliseconds since 1970; never if absent. */
  readonly expires?: number | undefined
}

/** What a tunnel is made of. */
export interface TunnelConfig {
  readonly cipher: string
  /** The shared key as the user wrote it. */
  readonly key?: string | undefined
  /** The own private key in base64. */
  readonly privateKey?: string | undefined
  readonly peers: readonly PeerConfig[]
  /** Which of their ranges the routes of the device follow if peers change while the tunnel runs; none if absent. */
  readonly peerRoutes?: PeerRoutes | undefined
  /** What stays outside the tunnel though a wider range is reached by it; nothing if absent. */
  readonly excluded?: readonly IpPrefix[] | undefined
  /** Routes beside those of `tun` that what carries the tunnel passes by, which they hold; none if absent. */
  readonly around?: readonly IpPrefix[] | undefined
  /** Whether a kill switch lets networks pass that the host is connected to. False if absent. */
  readonly allowLan?: boolean | undefined
  /** Whether answers to connections that others begin leave the way they came; unless there is a kill switch, if absent. */
  readonly answerInbound?: boolean | undefined
  /** Whether peers are kept apart, also where the host would forward from one to another. False if absent. */
  readonly isolateClients?: boolean | undefined
  /** Where this end listens. */
  readonly listen: readonly URL[]
  /** What the transports are made of, but for the port that follows from where this end listens. */
  readonly transports?: Omit<TunnelTransports, 'localPort'> | undefined
  /** What changes on the host beyond the device; nothing if absent. */
  readonly host?: HostSettings | undefined
  /** The user that hooks run as, by number; whoever the process is if absent. */
  readonly hooksAs?: number | undefined
  /** The file that it comes from, for hooks; absent if it comes from none. */
  readonly file?: string | undefined
  /** The file in which such changes are noted, to be undone where this process is killed. */
  readonly journal?: string | undefined
  /** Absent: the fastest that works here. */
  readonly tunDriver?: string | undefined
  readonly tun: TunOptions
  /** Whether the device's MTU is lowered to what the routes to the peers carry, as they are. */
  readonly mtuFollows?: boolean | undefined
  /** Whether others set the device's MTU, as wg-quick does, and the tunnel goes by that. */
  readonly mtuByOthers?: boolean | undefined
  /** Whether made-up packets warm up the code of a starting tunnel before real ones arrive. True if absent. */
  readonly rehearsal?: boolean | undefined
  /** Modules that register further parts: paths or package names. */
  readonly plugins: readonly NamedPlugin[]
  /** What packets go through, by name: outwards in this order; nothing if absent. */
  readonly packetHooks?: readonly string[] | undefined
  /** What is said of their options; absent if nothing is. */
  readonly pluginOptions?: PluginOptions | undefined
}

/** The id of the only peer of a cipher that has but one. */
export const SOLE_PEER = 'peer'

/** Bytes. What IPv6 needs at least. RFC 8200 section 5 */
export const MIN_MTU = 1280

/**
 * Bytes of the largest packet inside the tunnel. The default leaves room for the headers of IPv6, UDP and WireGuard
 * within 1500, and the most fits a UDP datagram with any cipher's overhead.
 */
export const MTU = { min: MIN_MTU, max: 65_000, default: 1420 } as const satisfies NumberSetting

/**
 * The same of the device itself. Without IPv6 it may be as small as what each host takes (RFC 1122 section 3.3.3); with
 * IPv6 it is at least MIN_MTU.
 */
export const DEVICE_MTU = { ...MTU, min: 576 } as const satisfies NumberSetting

/** Seconds between keepalives; 0 means none. 16 bits, as wg(8) has it. */
export const KEEPALIVE = { min: 0, max: 65_535, default: 0 } as const satisfies NumberSetting
