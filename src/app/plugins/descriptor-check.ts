import { hint, suggest } from '../../config/check/suggest.js'
import { isTable } from '../../config/check/table.js'
import type { HookSees } from '../../core/api/packet-hook.js'
import { isSetIn } from '../../core/options/option.js'
import { isReservedName } from '../../core/options/reserved-names.js'
import { PART_NAME, PLUGIN_API, type Plugin } from '../../core/plugin/plugin.js'
import { OPTION_GROUPS } from '../../core/settings/option-groups.js'
import { checkFiguresDescribed } from '../figures/figures-check.js'
import { checkNeeds } from './needs-check.js'
import { checkOptionsDescribed } from './option-check.js'
import { KINDS, type Kind, MEMBERS, partsOf } from './part-kinds.js'
import { shown } from './shown.js'
import { CIPHER_TRAITS, checkTraits, TRANSPORT_TRAITS } from './trait-check.js'

/** What a plugin may have. Anything else is a slip, or of a later version. */
const PLUGIN_MEMBERS: readonly (keyof Plugin)[] = [
  'api',
  'name',
  'needs',
  'options',
  'figures',
  'needsRoot',
  'setup',
  'update',
  'close',
  ...Object.values(MEMBERS),
]
/** What a part may have. */
const PART_MEMBERS: Readonly<Record<Kind, readonly string[]>> = {
  transport: [
    'name',
    'summary',
    'create',
    'schemes',
    'groups',
    'checkEndpoint',
    'rehearse',
    ...TRANSPORT_TRAITS,
  ],
  cipher: ['name', 'summary', 'create', 'rehearse', ...CIPHER_TRAITS],
  'TUN driver': ['name', 'summary', 'create'],
  'packet hook': ['name', 'summary', 'create', 'rehearse', 'sees', 'edits'],
}
/** What a hook may see. */
const SEES: readonly unknown[] = ['packets', 'super-packets'] satisfies HookSees[]

/** What a plugin is refused for that offers nothing. */
const NOTHING = 'no transport, cipher, TUN driver or packet hook'

export const NAME_RULE =
  "'name' must be lower-case letters, digits and dashes, and not 'constructor' or 'prototype'"

export function isName(value: unknown): value is string {
  return typeof value === 'string' && PART_NAME.test(value) && !isReservedName(value)
}

/** Whether a value has members that can be looked at. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/**
 * Checks that a plugin is whole, but not what others offer. `warn` is told of members that are not known.
 *
 * Throws an Error that says what is wrong and what is allowed.
 */
export function checkDescriptor(plugin: unknown, warn: (why: string) => void): asserts plugin is Plugin {
  if (plugin === undefined)
    throw new Error(`it exports neither 'default' with 'api: ${PLUGIN_API}' nor a function 'register'`)
  if (!isObject(plugin)) throw new Error(`its default export is no object with 'api: ${PLUGIN_API}'`)
  const { api, close, name, needsRoot, setup, update } = plugin
  if (api === undefined) {
    throw new Error(`its default export lacks 'api: ${PLUGIN_API}'${misspelt(plugin, 'api')}`)
  }
  if (api !== PLUGIN_API) {
    throw new Error(`it is written for plugin api ${shown(api)}; this version of Qanat has ${PLUGIN_API}`)
  }
  if (!isName(name)) throw new Error(`its name is ${shown(name)}${misspelt(plugin, 'name')}; ${NAME_RULE}`)
  checkNeeds(plugin)
  for (const [member, value] of Object.entries({ setup, update, close })) {
    if (value !== undefined && typeof value !== 'function') throw new Error(`its '${member}' is no function`)
  }
  if (needsRoot !== undefined && typeof needsRoot !== 'boolean') {
    throw new Error(`its 'needsRoot' is ${shown(needsRoot)}; it must be true or false`)
  }
  checkOptionsDescribed(plugin.options)
  checkFiguresDescribed(plugin.figures)
  const unknown = unknownIn(plugin, PLUGIN_MEMBERS, 'it')
  for (const why of unknown) warn(why)
  for (const kind of KINDS) checkParts(plugin, kind, warn)
  const whole = plugin as unknown as Plugin
  if (KINDS.every((kind) => partsOf(whole, kind).length === 0))
    throw new Error([`it offers ${NOTHING}`, ...unknown].join('; '))
  checkEndpointOptions(whole)
}

/** An option of endpoints takes a transport that has them. */
function checkEndpointOptions(plugin: Plugin): void {
  if (partsOf(plugin, 'transport').length > 0) return
  const [name] = Object.entries(plugin.options ?? {}).find(([, option]) => isSetIn('endpoint', option)) ?? []
  if (name === undefined) return
  throw new Error(`its option '${name}' is for endpoints, and it has no transport; leave 'in' out`)
}

function checkParts(
  plugin: Readonly<Record<string, unknown>>,
  kind: Kind,
  warn: (why: string) => void,
): void {
  const parts = plugin[MEMBERS[kind]]
  if (parts === undefined) return
  if (!isTable(parts)) {
    throw new Error(`its '${MEMBERS[kind]}' is no object that names each ${kind}`)
  }
  for (const [name, part] of Object.entries(parts)) {
    if (!isName(name)) throw new Error(`a ${kind} of it has the name ${shown(name)}; ${NAME_RULE}`)
    if (!isObject(part)) throw new Error(`its ${kind} '${name}' is no object`)
    checkPart(kind, name, part)
    for (const why of unknownIn(part, PART_MEMBERS[kind], `its ${kind} '${name}'`)) warn(why)
  }
}

function checkPart(kind: Kind, name: string, part: Readonly<Record<string, unknown>>): void {
  const { summary, create, schemes, sees = 'packets', edits = true } = part
  const lacks = (what: string, member: string) =>
    new Error(`its ${kind} '${name}' lacks the ${what} '${member}'${misspelt(part, member)}`)
  if (typeof summary !== 'string') throw lacks('string', 'summary')
  if (typeof create !== 'function') throw lacks('function', 'create')
  if (kind === 'packet hook' && !SEES.includes(sees)) {
    throw new Error(
      `its packet hook '${name}' sees ${shown(sees)}; 'sees' must be "packets" or "super-packets"`,
    )
  }
  if (kind === 'packet hook' && typeof edits !== 'boolean') {
    throw new Error(`its packet hook '${name}' has 'edits' ${shown(edits)}; it must be true or false`)
  }
  checkTraits(kind, name, part)
  if (kind !== 'transport') return
  if (part.checkEndpoint !== undefined && typeof part.checkEndpoint !== 'function') {
    throw new Error(`its transport '${name}' has a 'checkEndpoint' that is no function`)
  }
  checkGroups(name, part.groups)
  if (schemes === undefined) return
  if (!(Array.isArray(schemes) && schemes.length > 0 && schemes.every(isName))) {
    const rule = "'schemes' must be a list of lower-case names"
    throw new Error(`its transport '${name}' has schemes ${shown(schemes)}; ${rule}`)
  }
}

function checkGroups(name: string, groups: unknown = []): void {
  const known: readonly unknown[] = OPTION_GROUPS
  if (Array.isArray(groups) && groups.every((group) => known.includes(group))) return
  throw new Error(
    `its transport '${name}' has 'groups' ${shown(groups)}; it must be a list of ${OPTION_GROUPS.join(', ')}`,
  )
}

/** What there is of members that are not known, a text each. */
function unknownIn(given: object, known: readonly string[], owner: string): string[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map(
      (member) =>
        `${owner} has the member '${member}', which this version of Qanat does not know; ${hint(member, known)}`,
    )
}

/** What stands in the place of a member that is not there, as the end of a message; nothing if there is none like it. */
function misspelt(given: object, member: string): string {
  const like = Object.keys(given).find((key) => key !== member && suggest(key, [member]) !== undefined)
  return like === undefined ? '' : `; it has '${like}' in its place`
}
