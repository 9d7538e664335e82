import type { CipherSettings, PacketHookSettings } from '../../core/plugin/plugin.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { AeadCase } from '../cipher/aead-cases.js'
import type { TestedCipher } from '../cipher/cipher-cases.js'
import type { RawWire } from '../transport/raw-wire.js'
import type { TunSetup } from '../tun/tun-lab.js'

/**
 * How the parts of a plugin are tested, by their names: what `NAME.kit.js` exports by default, beside the plugin. Each part
 * that it does not name is only loaded.
 */
export interface Kit {
  readonly transports?: Readonly<Record<string, TransportKit>>
  readonly ciphers?: Readonly<Record<string, CipherKit>>
  readonly packetHooks?: Readonly<Record<string, PacketHookKit>>
  readonly tunDrivers?: Readonly<Record<string, TunDriverKit>>
}

/** What one end is given beyond what every part is: its settings, and options, secrets included, by the plugin's names for them. */
export type EndContext<Settings> = Partial<Settings> & {
  readonly options?: Readonly<Record<string, unknown>>
}

/** How a transport is tested. */
export interface TransportKit {
  /** Whether its links keep order and report their end; if absent, true unless its `kind` is `datagram`. */
  readonly stream?: boolean
  /** Called anew for each case. */
  setup(): TransportGround | Promise<TransportGround>
}

/** Two ends of a transport: `far` listens, `near` dials. */
export interface TransportGround {
  readonly near?: EndContext<TransportSettings>
  readonly far?: EndContext<TransportSettings>
  /** Where the far end can listen; with port 0 if the kernel picks one. */
  readonly endpoint: URL
  /** Sends bytes to the listener as a stranger would; by TCP or UDP if absent, where the endpoint has a port. */
  readonly rawWire?: RawWire
  /** Removes what the setup made. */
  dispose?(): void | Promise<void>
}

/** How a cipher is tested. */
export interface CipherKit extends Pick<TestedCipher, 'authenticates' | 'sessions'> {
  /** Two ends that know each other, each by the only peer of its own. Called anew for each case. */
  setup(): CipherGround | Promise<CipherGround>
  /** An end with several peers, each of which knows the first alone; if the cipher has such. */
  hub?(): HubGround | Promise<HubGround>
  /** The algorithm that the cipher is made of, if it is by `noiseCipher`. */
  readonly aead?: AeadCase
}

/** Two ends of a cipher. */
export interface CipherGround {
  readonly near: EndContext<CipherSettings>
  readonly far: EndContext<CipherSettings>
}

/** An end of a cipher with several peers. */
export interface HubGround {
  readonly hub: EndContext<CipherSettings>
  /** The ends of its peers, in the order in which the hub has these. */
  readonly spokes: readonly EndContext<CipherSettings>[]
}

/** How a packet hook is tested. */
export interface PacketHookKit {
  /** Called anew for each case. */
  setup(): PacketHookGround | Promise<PacketHookGround>
}

/** A packet hook. */
export interface PacketHookGround extends EndContext<PacketHookSettings> {
  /** Packets that the hook is to do something about, beyond those that the kit makes: each from its IP header on. */
  readonly packets?: readonly Uint8Array[]
}

/** How a TUN driver is tested. */
export interface TunDriverKit {
  /** Called anew for each case. */
  setup(): TunDriverGround | Promise<TunDriverGround>
}

/** A TUN driver and the host of its devices. */
export interface TunDriverGround
  extends Pick<TunSetup, 'name' | 'mtu' | 'host' | 'withoutRights' | 'dispose'> {
  /** Options of the plugin, secrets included, by the plugin's names for them. */
  readonly options?: Readonly<Record<string, unknown>>
}
