import type {
  CipherPart,
  CipherSettings,
  PacketHookPart,
  PacketHookSettings,
  Plugin,
  TransportPart,
  TunDriverPart,
} from '../../core/plugin/plugin.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'

/** The members of a plugin that hold its parts, by what messages call a part of that kind. */
export const MEMBERS = {
  transport: 'transports',
  cipher: 'ciphers',
  'TUN driver': 'tunDrivers',
  'packet hook': 'packetHooks',
} as const satisfies Record<string, keyof Plugin>

/** The kinds of parts that can be chosen, as messages call them. */
export type Kind = keyof typeof MEMBERS

export const KINDS = Object.keys(MEMBERS) as Kind[]

/** How parts of a kind are described. */
export interface Described {
  transport: TransportPart
  cipher: CipherPart
  'TUN driver': TunDriverPart
  'packet hook': PacketHookPart
}

/** What is configured of the parts of a kind. */
export interface Settings {
  transport: TransportSettings
  cipher: CipherSettings
  'TUN driver': Readonly<Record<never, never>>
  'packet hook': PacketHookSettings
}

/** What parts of a kind are, once they are made. */
export type Made<K extends Kind> = Awaited<ReturnType<Described[K]['create']>>

/** All parts of a kind that a plugin offers, with their names. */
export function partsOf<K extends Kind>(plugin: Plugin, kind: K): [name: string, part: Described[K]][] {
  return Object.entries(plugin[MEMBERS[kind]] ?? {}) as [string, Described[K]][]
}
