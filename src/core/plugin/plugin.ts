import type { Cipher, CipherPeer, CipherTraits } from '../api/cipher.js'
import type { Logger } from '../api/logger.js'
import type { HookSees, PacketHook } from '../api/packet-hook.js'
import type { Transport, TransportTraits } from '../api/transport.js'
import type { TunDriver } from '../api/tun-device.js'
import type { Figures, FiguresHelper } from '../figures/figure.js'
import type { Container } from '../injection/container.js'
import type { Options, OptionsOf } from '../options/option.js'
import type { OptionGroups } from '../settings/option-groups.js'
import type { TransportSettings } from '../settings/transport-settings.js'
import type { Clock } from '../time/clock.js'
import type { Admit } from './admission.js'
import type { ErrorsHelper } from './errors-helper.js'
import type { Network } from './network.js'
import type { PluginStorage } from './storage.js'
import type { Streams } from './streams.js'

/** The version of what plugins and Qanat say to each other. */
export const PLUGIN_API = 1

/** What plugins, parts and schemes may be called, so that names can be typed and be part of a URL. */
export const PART_NAME = /^[a-z][a-z0-9-]*$/

/**
 * A plugin: a plain object that names the parts it offers. Built-in parts are such an object, too, and what a module
 * registers with a container is made one when it is loaded.
 */
export interface Plugin<Given extends Options = Options, Told extends Figures = Figures> {
  readonly api: typeof PLUGIN_API
  /** What it is called: lower-case letters, digits and dashes. */
  readonly name: string
  /** Members of the context without which it is of no use: if this version of Qanat does not give one, it is not loaded. */
  readonly needs?: readonly string[]
  /** What users may set, as plain data: `{ retries: { type: 'whole', max: 9, default: 3, help: 'How often' } }`. */
  readonly options?: Given
  /** What it tells of itself in the status: `{ resent: { type: 'counter', unit: 'datagrams', help: 'Sent again' } }`. */
  readonly figures?: Told
  /**
   * Whether `setup` is called at the start in any case, before the process may give up root; a process that has none is
   * refused. False if absent: then it is called with the first part that is made, be that at a reload.
   */
  readonly needsRoot?: boolean
  /** Called once for each tunnel, before the first part is made for it; parts are made once it resolves, within 10 s. */
  setup?(context: PluginContext<OptionsOf<Given>, Told>): void | Promise<void>
  /**
   * A reload changes its options; what it throws refuses the reload, and it is called with those of before. If it is absent a
   * reload may change them only while no part of the plugin is in use.
   */
  update?(options: OptionsOf<Given>, context: PluginContext<OptionsOf<Given>, Told>): void | Promise<void>
  /** Called once for each tunnel that it was set up for, after the tunnel ended and `signal` aborted. Idempotent. Awaited for up to 5 s. */
  close?(context: PluginContext<OptionsOf<Given>, Told>): void | Promise<void>
  /** Transports by what the user types to choose one. */
  readonly transports?: Readonly<Record<string, TransportPart<OptionsOf<Given>, Told>>>
  /** Ciphers by what the user types to choose one. */
  readonly ciphers?: Readonly<Record<string, CipherPart<OptionsOf<Given>, Told>>>
  /** TUN drivers by what the user types to choose one. */
  readonly tunDrivers?: Readonly<Record<string, TunDriverPart<OptionsOf<Given>, Told>>>
  /** Packet hooks by what the user types to choose one. */
  readonly packetHooks?: Readonly<Record<string, PacketHookPart<OptionsOf<Given>, Told>>>
}

/**
 * The plugin itself, with types, those of its options and figures among them. Nothing has to be imported to write one.
 *
 * @param plugin what the module of a plugin exports as its default.
 * @throws nothing: it is checked when it is loaded.
 * @example
 * export default definePlugin({
 *   api: 1,
 *   name: 'rot13',
 *   ciphers: { rot13: { summary: 'no secrets', create: ({ peers }) => statelessCipher(peers[0]!.id, rot13) } },
 * })
 */
export function definePlugin<
  const Given extends Options,
  const Told extends Figures,
  Defined extends Plugin<Given, Told>,
>(plugin: Defined & { readonly options?: Given; readonly figures?: Told }): Defined {
  return plugin
}

/** Options as long as nothing is known of the plugin. */
export type AnyOptions = OptionsOf<Options>

/** What every function of a plugin is given. */
export interface PluginContext<Given = AnyOptions, Told extends Figures = Figures> {
  /** The options that the plugin describes, as the user set them, with their defaults. */
  readonly options: Given
  /** The same for one of its endpoints, whose query counts before what else is set. What is wrong there was refused before. */
  optionsOf(endpoint: URL): Given
  /** The plugin's own container, a child of the app's: what is registered here is seen by this plugin alone. */
  readonly container: Container
  /** Its lines name the plugin. */
  readonly log: Logger
  readonly clock: Clock
  /** Aborted when the tunnel is over, its links and its device closed, or when its start is given up. */
  readonly signal: AbortSignal
  /** How it reaches others outside the tunnel. */
  readonly network: Network
  /** What it keeps over starts of the tunnel. */
  readonly storage: PluginStorage
  /** Links over connections. */
  readonly streams: Streams
  /** Where it tells the figures that it declares. They go on over a reload, and begin anew with each tunnel. */
  readonly figures: FiguresHelper<Told>
  /** Makes the errors that its parts throw. */
  readonly errors: ErrorsHelper
}

/** What every part of a plugin has. */
export interface Part {
  /** What it calls itself in messages, if it does. What the user types is the name that the plugin gives it. */
  readonly name?: string
  /** One line for `qanat plugins`. */
  readonly summary: string
}

/** Common to the parts that packets pass through. */
export interface Rehearsable {
  /**
   * Whether it joins the rehearsal of a starting tunnel: it is made a few times for two ends that exchange made-up packets
   * within the process, with keys of their own, an empty `storage` and a `network` that refuses everything. False if absent:
   * a tunnel with such a transport or cipher is not rehearsed, and one with such a packet hook is rehearsed without it.
   */
  readonly rehearse?: boolean
}

/** A transport that can be chosen. */
export interface TransportPart<Given = AnyOptions, Told extends Figures = Figures>
  extends Part,
    Rehearsable,
    TransportTraits {
  /** URL schemes of its endpoints, without the colon; its name if absent. */
  readonly schemes?: readonly string[]
  /** The groups of options that it takes, which it is given in `groups`: [tls], [websocket], [streams]. None if absent. */
  readonly groups?: readonly (keyof OptionGroups)[]
  /**
   * Looks at an endpoint that a configuration has, to be dialled or listened at, before anything is made: by `qanat check`,
   * at a start and at a reload. It asks nobody.
   *
   * @throws Error that says what is wrong with it, in a line.
   */
  checkEndpoint?(endpoint: URL): void
  create(context: TransportContext<Given, Told>): Transport | Promise<Transport>
}

/** What a transport is made of. */
export interface TransportContext<Given = AnyOptions, Told extends Figures = Figures>
  extends PluginContext<Given, Told>,
    TransportSettings {
  /** Bounds the links of those that connect until they have proven themselves. `streams.listen` does so itself. */
  readonly admit: Admit
}

/** A cipher that can be chosen. */
export interface CipherPart<Given = AnyOptions, Told extends Figures = Figures>
  extends Part,
    Rehearsable,
    CipherTraits {
  /** @throws ConfigError when the keys do not fit the cipher. */
  create(context: CipherContext<Given, Told>): Cipher | Promise<Cipher>
}

/** What a cipher is made of. */
export interface CipherContext<Given = AnyOptions, Told extends Figures = Figures>
  extends PluginContext<Given, Told>,
    CipherSettings {}

/** A TUN driver that can be chosen. */
export interface TunDriverPart<Given = AnyOptions, Told extends Figures = Figures> extends Part {
  create(context: PluginContext<Given, Told>): TunDriver | Promise<TunDriver>
}

/** A packet hook that can be chosen. */
export interface PacketHookPart<Given = AnyOptions, Told extends Figures = Figures>
  extends Part,
    Rehearsable {
  /** What it is handed; packets if absent. */
  readonly sees?: HookSees
  /**
   * Whether it may edit packets in place; true if absent. A hook that sees packets and edits none costs less; edits that it makes
   * nevertheless may be lost.
   */
  readonly edits?: boolean
  create(context: PacketHookContext<Given, Told>): PacketHook | Promise<PacketHook>
}

/** What is configured where a packet hook is to work. */
export interface PacketHookSettings {
  /** Bytes of the largest packet that it may put in place of another, when the tunnel starts. A reload may change that. */
  readonly mtu: number
}

/** What a packet hook is made of. */
export interface PacketHookContext<Given = AnyOptions, Told extends Figures = Figures>
  extends PluginContext<Given, Told>,
    PacketHookSettings {}

/** What is configured of a cipher. Each takes what it needs and refuses what does not fit. */
export interface CipherSettings {
  /** The shared key as the user wrote it. */
  readonly key?: string | undefined
  /** The own private key in base64. */
  readonly privateKey?: string | undefined
  /** The peers, at least one. */
  readonly peers: readonly CipherPeer[]
  /**
   * Bytes of the largest plain packet, beyond which nothing is padded; the default of {@link MTU} if absent. `resize` of
   * the cipher tells of another.
   */
  readonly mtu?: number | undefined
  /** Whether this end's device takes super-packets and partial checksums; true if absent. */
  readonly takesSuperPackets?: boolean | undefined
}
