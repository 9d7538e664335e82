import type {
  CipherContext,
  PacketHookContext,
  PluginContext,
  TransportContext,
} from '../../core/plugin/plugin.js'
import { KINDS, type Kind, MEMBERS } from './part-kinds.js'
import { shown } from './shown.js'

/** Members of a context beyond those that every function of a plugin is given, all of them. */
type Further<Context> = Readonly<Record<Exclude<keyof Context, keyof PluginContext>, true>>

/** The members of the context that this version gives every function of a plugin. */
const GIVEN: Readonly<Record<keyof PluginContext, true>> = {
  options: true,
  optionsOf: true,
  container: true,
  log: true,
  clock: true,
  signal: true,
  network: true,
  storage: true,
  streams: true,
  figures: true,
  errors: true,
}
/** What it gives parts of a kind besides. */
const GIVEN_TO: Readonly<Record<Kind, object>> = {
  transport: {
    admit: true,
    localPort: true,
    mark: true,
    tunnelDns: true,
    knownAddresses: true,
    proxy: true,
    groups: true,
  } satisfies Further<TransportContext>,
  cipher: {
    key: true,
    privateKey: true,
    peers: true,
    mtu: true,
    takesSuperPackets: true,
  } satisfies Further<CipherContext>,
  'packet hook': { mtu: true } satisfies Further<PacketHookContext>,
  'TUN driver': {},
}

/**
 * Checks that this version gives a plugin, or parts of a kind that it offers, all that it needs.
 *
 * Throws an Error that names what is missing.
 */
export function checkNeeds(plugin: Readonly<Record<string, unknown>>): void {
  const { needs = [] } = plugin
  if (!Array.isArray(needs)) throw new Error("its 'needs' is no list of names such as ['log']")
  for (const need of needs as unknown[]) {
    if (typeof need !== 'string') throw unknown(shown(need))
    if (Object.hasOwn(GIVEN, need)) continue
    const kinds = KINDS.filter((kind) => Object.hasOwn(GIVEN_TO[kind], need))
    if (kinds.length === 0) throw unknown(`'${need}'`)
    if (kinds.some((kind) => plugin[MEMBERS[kind]] !== undefined)) continue
    throw new Error(`it needs '${need}', which only a ${kinds.join(' or a ')} is given; it offers none`)
  }
}

function unknown(need: string): Error {
  return new Error(`it needs ${need}, which this version of Qanat does not give`)
}
