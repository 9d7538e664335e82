import { KINDS, type Kind, MEMBERS, partsOf, type Settings } from '../../app/plugins/part-kinds.js'
import type { PluginExports } from '../../app/plugins/plugins.js'
import { PluginError } from '../../core/api/errors.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import type { Case } from '../kit/case.js'
import { loadForTest } from '../kit/load-for-test.js'
import { DEFAULT_SEED } from '../kit/seed.js'
import { VirtualClock } from '../kit/virtual-clock.js'
import { cipherKitCases } from './cipher-kit-cases.js'
import { hookKitCases } from './hook-kit-cases.js'
import type { Kit } from './kit.js'
import { PartUnderTest } from './part-under-test.js'
import { pluginCases } from './plugin-cases.js'
import { transportKitCases } from './transport-kit-cases.js'
import { tunKitCases } from './tun-kit-cases.js'

/** Bytes. A packet hook's, unless its kit says another. */
const MTU = 1420

/** A case of a plugin. */
export interface PluginCase extends Case {
  /** What it is about: the plugin, or a part of it. */
  readonly kind: Kind | 'plugin'
  /** The name of that. */
  readonly of: string
}

/** What settings are unless a kit says others. */
const DEFAULTS: Settings = {
  transport: { localPort: 0 },
  cipher: { peers: [] },
  'packet hook': { mtu: MTU },
  'TUN driver': {},
}

/**
 * Cases that find out whether a plugin and its parts do what their interfaces say, for any test runner. Names begin with
 * what they are about, so that no two are the same.
 *
 * @param plugin The plugin, or all that its module exports.
 * @param kit How its parts are tested.
 * @param seed What random bytes are made from.
 * @throws PluginError if the plugin is not whole, or the kit is about what the plugin does not offer.
 * @example
 * for (const { name, run } of kitCases(plugin, kit)) test(name, run)
 */
export function kitCases(
  plugin: Plugin | PluginExports,
  kit: Kit,
  seed: number = DEFAULT_SEED,
): PluginCase[] {
  const module: PluginExports = 'api' in plugin ? { default: plugin } : plugin
  const loaded = loadForTest(module, { clock: new VirtualClock() }).plugin
  checkKit(kit, loaded)
  const part = <K extends Kind>(kind: K, name: string) => {
    const [, described] = partsOf(loaded, kind).find(([known]) => known === name)!
    return new PartUnderTest(module, kind, name, described, loaded, DEFAULTS[kind])
  }
  const cases: PluginCase[] = []
  const add = (kind: Kind | 'plugin', of: string, found: readonly Case[]) => {
    for (const one of found) cases.push({ ...one, name: `${kind} ${of}: ${one.name}`, kind, of })
  }
  add('plugin', loaded.name, pluginCases(module))
  for (const [name, given] of Object.entries(kit.transports ?? {}))
    add('transport', name, transportKitCases(part('transport', name), given, seed))
  for (const [name, given] of Object.entries(kit.ciphers ?? {}))
    add('cipher', name, cipherKitCases(part('cipher', name), given, seed))
  for (const [name, given] of Object.entries(kit.packetHooks ?? {}))
    add('packet hook', name, hookKitCases(part('packet hook', name), given, seed))
  for (const [name, given] of Object.entries(kit.tunDrivers ?? {}))
    add('TUN driver', name, tunKitCases(part('TUN driver', name), given, seed))
  return cases
}

function checkKit(kit: unknown, plugin: Plugin): asserts kit is Kit {
  const refuse = (why: string) => {
    throw new PluginError(`Cannot test plugin '${plugin.name}': ${why}`, { code: 'ERR_PLUGIN_INVALID' })
  }
  if (typeof kit !== 'object' || kit === null) return refuse('its kit is no object')
  const members: readonly string[] = Object.values(MEMBERS)
  const unknown = Object.keys(kit).find((member) => !members.includes(member))
  if (unknown !== undefined) refuse(`its kit has the member '${unknown}'; known are ${members.join(', ')}`)
  const all: string[] = []
  let isNamed = false
  for (const kind of KINDS) {
    const offered = partsOf(plugin, kind).map(([name]) => name)
    const named = Object.keys((kit as Kit)[MEMBERS[kind]] ?? {})
    const missing = named.find((name) => !offered.includes(name))
    if (missing !== undefined)
      refuse(`its kit is about the ${kind} '${missing}', which the plugin does not offer`)
    isNamed ||= named.length > 0
    all.push(...offered.map((name) => `the ${kind} '${name}'`))
  }
  // One that is empty would end as well as one whose promises are all kept.
  if (!isNamed)
    refuse(`its kit names none of its parts, so that nothing is tested; there is ${all.join(', ')}`)
}
