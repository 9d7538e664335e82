import type { DependencyContainer } from 'tsyringe'
import type { TransportSettings } from '../settings/transport-settings.js'
import type { Cipher, CipherPeer } from './cipher.js'
import type { Transport } from './transport.js'
import type { TunDriver } from './tun-device.js'

/** What parts and schemes may be called, so that names can be typed and be part of a URL. */
export const PART_NAME = /^[a-z][a-z0-9-]*$/

/** Token of the transports that can be chosen: register a TransportPlugin. */
export const TRANSPORT: unique symbol = Symbol.for('qanat/transport')
/** Token of the ciphers that can be chosen: register a CipherPlugin. */
export const CIPHER: unique symbol = Symbol.for('qanat/cipher')
/** Token of the TUN drivers that can be chosen: register a TunDriverPlugin. */
export const TUN_DRIVER: unique symbol = Symbol.for('qanat/tun-driver')
/** Token of the app's Logger. */
export const LOGGER: unique symbol = Symbol.for('qanat/logger')
/** Token of the app's Clock. */
export const CLOCK: unique symbol = Symbol.for('qanat/clock')

interface Choice {
  /** What the user types to choose it: lower-case letters, digits and dashes. */
  readonly name: string
  /** One line for `qanat plugins`. */
  readonly summary: string
}

/** A transport that can be chosen. */
export interface TransportPlugin extends Choice {
  /** URL schemes of its endpoints, without the colon; its name where absent. */
  readonly schemes?: readonly string[]
  create(settings: TransportSettings, container: DependencyContainer): Transport | Promise<Transport>
}

/** A cipher that can be chosen. */
export interface CipherPlugin extends Choice {
  /** @throws ConfigError when the settings do not fit the cipher. */
  create(settings: CipherSettings, container: DependencyContainer): Cipher | Promise<Cipher>
}

/** A TUN driver that can be chosen. */
export interface TunDriverPlugin extends Choice {
  create(container: DependencyContainer): TunDriver | Promise<TunDriver>
}

/** What a cipher is made of. Each takes what it needs and refuses what does not fit. */
export interface CipherSettings {
  /** The shared key as the user wrote it. */
  readonly key?: string | undefined
  /** The own private key in base64. */
  readonly privateKey?: string | undefined
  /** The peers, at least one. */
  readonly peers: readonly CipherPeer[]
  /** Bytes of the largest plain packet, beyond which nothing is padded; the default of {@link MTU} if absent. */
  readonly mtu?: number | undefined
  /** Whether this end's device takes super-packets and partial checksums; true if absent. */
  readonly takesSuperPackets?: boolean | undefined
}

/** What a plugin's module exports. */
export interface PluginModule {
  /** Registers what the plugin offers under TRANSPORT, CIPHER or TUN_DRIVER. */
  register(container: DependencyContainer): void
}
