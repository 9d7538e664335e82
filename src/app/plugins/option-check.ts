import { isTable } from '../../config/check/table.js'
import { type NumberOption, OPTION_NAME, type Option, type OptionPlace } from '../../core/options/option.js'
import { readOption } from '../../core/options/read-option.js'
import { isReservedName } from '../../core/options/reserved-names.js'

/** What an option may have besides its type and help. */
const MEMBERS: Readonly<Record<Option['type'], readonly string[]>> = {
  whole: ['min', 'max', 'default'],
  bytes: ['min', 'max', 'default'],
  duration: ['min', 'max', 'default'],
  string: ['default'],
  path: ['default'],
  secret: [],
  toggle: ['default'],
  list: ['default'],
  'one of': ['of', 'default'],
}

const PLACES: readonly OptionPlace[] = ['file', 'endpoint']
const NEVER_IN_URLS: readonly Option['type'][] = ['secret', 'path']

/** What bounds a number, in its unit. */
const BOUNDS = ['min', 'max'] as const

/** Ends of names that stand for where a secret is. */
const ENDS_OF_SECRETS = /(File|Env)$/

/** Checks what a plugin says of its options. Throws an Error that says what is wrong and what is allowed. */
export function checkOptionsDescribed(options: unknown): void {
  if (options === undefined) return
  if (!isTable(options)) {
    throw new Error("its 'options' is no object that describes each option")
  }
  for (const [name, option] of Object.entries(options)) {
    const fault = faultOf(name, option as Option | null)
    if (fault !== undefined) throw new Error(`its option '${name}' ${fault}`)
  }
}

function faultOf(name: string, option: Option | null): string | undefined {
  if (!OPTION_NAME.test(name)) return 'must be letters and digits, a lower-case letter first'
  if (isReservedName(name)) return 'has a name that all objects know'
  if (ENDS_OF_SECRETS.test(name)) return "ends in 'File' or 'Env', which stands for where a secret is"
  if (typeof option !== 'object' || option === null) return 'is no object'
  const types = Object.keys(MEMBERS)
  if (!types.includes(option.type)) return `has an unknown type; known are ${types.join(', ')}`
  if (typeof option.help !== 'string' || option.help === '') return "lacks the text 'help'"
  const known = ['type', 'help', 'in', ...MEMBERS[option.type]]
  const unknown = Object.keys(option).find((member) => !known.includes(member))
  if (unknown !== undefined) return `has the member '${unknown}'; known are ${known.join(', ')}`
  const misplaced = placeFaultOf(option)
  if (misplaced !== undefined) return misplaced
  if (option.type === 'one of' && !isWords(option.of)) return "lacks 'of', a list of words"
  if (isNumber(option)) {
    const bound = BOUNDS.find((name) => option[name] !== undefined && !Number.isSafeInteger(option[name]))
    if (bound !== undefined) return `has a '${bound}' that is no whole number`
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = option
    if (min > max) return `has a 'min' of ${min}, above its 'max' of ${max}`
  }
  const usual = 'default' in option ? option.default : undefined
  return usual === undefined || readOption(option, usual) !== undefined
    ? undefined
    : "has a 'default' that it does not allow"
}

/** A URL is shown, and no file's folder is where a path in it begins. */
function placeFaultOf({ type, in: places }: Option): string | undefined {
  if (places === undefined) return undefined
  const isPlace = (place: unknown) => PLACES.some((known) => known === place)
  if (!(Array.isArray(places) && places.length > 0 && places.every(isPlace))) {
    return "has an 'in' that is no list of 'file' and 'endpoint'"
  }
  return places.includes('endpoint') && NEVER_IN_URLS.includes(type)
    ? `is a ${type}, which no endpoint holds; leave 'endpoint' out of its 'in'`
    : undefined
}

function isNumber(option: Option): option is NumberOption {
  return MEMBERS[option.type].includes('min')
}

function isWords(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string')
}
