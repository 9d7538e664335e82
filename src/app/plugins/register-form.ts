import type { DependencyContainer } from 'tsyringe'
import type { Cipher } from '../../core/api/cipher.js'
import type { CarrierTraits, Link, LinkHandlers, Listener, Transport } from '../../core/api/transport.js'
import type { TunDriver } from '../../core/api/tun-device.js'
import { CIPHER, TRANSPORT, TUN_DRIVER } from '../../core/injection/tokens.js'
import { type CipherSettings, PLUGIN_API, type Plugin } from '../../core/plugin/plugin.js'
import { OPTION_GROUPS } from '../../core/settings/option-groups.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import { isUnawaited } from '../../core/time/unawaited.js'
import { isName, NAME_RULE } from './descriptor-check.js'
import type { Origin } from './loaded-plugin.js'
import { MEMBERS } from './part-kinds.js'
import { otherTsyringe, usesOther } from './second-copy.js'
import { shown } from './shown.js'

/** What a plugin's module may export in place of a plain object. */
export interface PluginModule {
  /** Registers what the plugin offers under TRANSPORT, CIPHER or TUN_DRIVER, with a container of its own. */
  register(container: DependencyContainer): void
}

/** What every part that `register` offers has. */
export interface Choice {
  /** What the user types to choose it: lower-case letters, digits and dashes. */
  readonly name: string
  /** One line for `qanat plugins`. */
  readonly summary: string
}

/** What a transport that `register` offers creates: its `dial` takes a signal alone, as before there were steps. */
export interface RegisteredTransport extends CarrierTraits {
  dial(endpoint: URL, handlers: LinkHandlers, signal: AbortSignal): Promise<Link>
  listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener>
}

/** A transport that `register` offers. */
export interface TransportPlugin extends Choice {
  /** URL schemes of its endpoints, without the colon; its name if absent. */
  readonly schemes?: readonly string[]
  create(
    settings: TransportSettings,
    container: DependencyContainer,
  ): RegisteredTransport | Promise<RegisteredTransport>
}

/** A cipher that `register` offers. */
export interface CipherPlugin extends Choice {
  /** @throws ConfigError when the settings do not fit the cipher. */
  create(settings: CipherSettings, container: DependencyContainer): Cipher | Promise<Cipher>
}

/** A TUN driver that `register` offers. */
export interface TunDriverPlugin extends Choice {
  create(container: DependencyContainer): TunDriver | Promise<TunDriver>
}

/** Kinds of parts that can be registered. Those that came later are described by an object alone. */
const TOKENS = { transport: TRANSPORT, cipher: CIPHER, 'TUN driver': TUN_DRIVER } as const
type Kind = keyof typeof TOKENS
const KINDS = Object.keys(TOKENS) as Kind[]

/** What is found under one of these tokens: it may be anything. */
interface Candidate {
  readonly name?: unknown
  readonly summary?: unknown
  readonly schemes?: unknown
  create?(...given: readonly unknown[]): unknown
}

/**
 * Has a module register with the plugin's own container, and makes what it registered a plugin, named after the first
 * of its parts.
 *
 * Throws an Error that says what is wrong.
 */
export function pluginOf(module: PluginModule, container: DependencyContainer, { url }: Origin): Plugin {
  if (isUnawaited(module.register(container))) {
    throw new Error("its function 'register' returns a promise; it must register before it returns")
  }
  const parts = KINDS.map((kind) => [MEMBERS[kind], registered(kind, container)] as const)
  const [name] = parts.flatMap(([, found]) => Object.keys(found))
  if (name !== undefined) return { api: PLUGIN_API, name, ...Object.fromEntries(parts) }
  const other = url === undefined ? undefined : otherTsyringe(url)
  throw new Error(
    `it registers no transport, cipher or TUN driver${other === undefined ? '' : `; it ${usesOther(other)}`}`,
  )
}

/** What was registered of a kind, by name. Throws what a part throws that is only made when it is asked for. */
function registered(kind: Kind, container: DependencyContainer): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  if (!container.isRegistered(TOKENS[kind])) return found
  for (const part of container.resolveAll<Candidate>(TOKENS[kind])) {
    const { name } = part
    if (!isName(name)) throw new Error(`a ${kind} it registers has the name ${shown(name)}; ${NAME_RULE}`)
    if (name in found) throw new Error(`a ${kind} '${name}' already exists; choose another name`)
    found[name] = described(kind, part, container)
  }
  return found
}

/** A part as a plugin describes it; whether it is whole is checked with all others. */
function described(kind: Kind, part: Candidate, container: DependencyContainer): object {
  const { summary, schemes } = part
  const given =
    kind === 'TUN driver' ? () => [container] : (context: object) => [flat(context as Grouped), container]
  const make = (context: object) => part.create!(...given(context)) // which has the settings
  const create = kind === 'transport' ? async (context: object) => stepped(await make(context)) : make
  return {
    summary,
    ...(kind === 'transport' && { groups: OPTION_GROUPS }),
    ...(schemes !== undefined && { schemes }),
    create: typeof part.create === 'function' ? create : undefined,
  }
}

/** What was made, as what is given a `DialWait`; anything else than a transport as it is. */
function stepped(made: unknown): unknown {
  const transport = made as RegisteredTransport | undefined | null
  if (typeof transport?.dial !== 'function' || typeof transport.listen !== 'function') return made
  const { idleProbe, kind } = transport
  const stepped: Transport = {
    ...(kind !== undefined && { kind }),
    ...(idleProbe !== undefined && { idleProbe }),
    dial: (endpoint, handlers, { signal }) => transport.dial(endpoint, handlers, signal),
    listen: (endpoint, handlers) => transport.listen(endpoint, handlers),
  }
  return stepped
}

type Grouped = Pick<TransportSettings, 'groups'>

/** The settings with groups of options as members of their own, which such parts know. */
function flat(settings: Grouped): object {
  const { tls, websocket: webSocket, streams } = settings.groups ?? {}
  return settings.groups === undefined ? settings : { ...settings, tls, webSocket, streams }
}
