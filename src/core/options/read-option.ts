import type { NumberOption, Option } from './option.js'

/** Bytes of a unit. IEC 80000-13 */
const BYTES = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const
/** Milliseconds of a unit. */
const DURATIONS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 } as const

/**
 * The value of an option, of what a file, a program or a command line says, where all is text.
 *
 * @returns undefined if it is none that is allowed.
 */
export function readOption(option: Option, given: unknown): unknown {
  switch (option.type) {
    case 'whole':
    case 'bytes':
    case 'duration':
      return within(option, numberOf(option, given))
    case 'toggle':
      return given === true || given === 'true'
        ? true
        : given === false || given === 'false'
          ? false
          : undefined
    case 'list':
      return listOf(given)
    case 'one of':
      return option.of.find((word) => word === given)
    case 'string':
    case 'path':
    case 'secret':
      return isText(given) ? given : undefined
  }
}

/** The default of an option as plugins are given it, however its description writes it; undefined if it has none. */
export function defaultOf(option: Option): unknown {
  return 'default' in option ? readOption(option, option.default) : undefined
}

/** What an option may be, in words. */
export function allowedFor(option: Option): string {
  switch (option.type) {
    case 'whole':
      return `a whole number ${rangeOf(option)}`
    case 'bytes':
      return `bytes ${rangeOf(option)}, as a whole number or such as "64 KiB"`
    case 'duration':
      return `milliseconds ${rangeOf(option)}, as a whole number or such as "10 s"`
    case 'toggle':
      return 'true or false'
    case 'list':
      return 'a list of texts'
    case 'one of':
      return option.of.map((word) => `"${word}"`).join(', ')
    case 'path':
      return 'the path of a file'
    case 'string':
    case 'secret':
      return 'a text'
  }
}

/** Whether it is a number in a unit of the option's, be it out of its range: no secret looks so. */
export function isNumberFor(option: Option, given: string): boolean {
  const { type } = option
  return (
    (type === 'whole' || type === 'bytes' || type === 'duration') && numberOf(option, given) !== undefined
  )
}

/** Why nothing can be read of what is given, which `shown` stands for in a message. */
export function refusalOf(option: Option, given: unknown, shown: string): string {
  const refused = `${shown} is not ${allowedFor(option)}`
  if (option.type === 'list' && Array.isArray(given)) {
    const item = given.findIndex((one) => !isText(one))
    return `item ${item + 1} of the list is ${given[item] === '' ? 'an empty text' : 'no text'}`
  }
  const units = Object.keys(unitsOf(option))
  const unit = typeof given === 'string' ? WRITTEN_NUMBER.exec(given)?.[2] : undefined
  return unit === undefined || unit === '' || units.length === 0 || units.includes(unit)
    ? refused
    : `${refused}; its unit is none of ${units.join(', ')}`
}

const WRITTEN_NUMBER = /^(-?\d{1,16}) ?([a-zA-Z]*)$/

function unitsOf({ type }: Option): Readonly<Record<string, number>> {
  return type === 'bytes' ? BYTES : type === 'duration' ? DURATIONS : {}
}

function numberOf(option: NumberOption, given: unknown): number | undefined {
  if (typeof given !== 'string') return typeof given === 'number' ? given : undefined
  const [, digits, unit] = WRITTEN_NUMBER.exec(given) ?? []
  if (digits === undefined) return undefined
  if (unit === '') return Number(digits)
  const units = unitsOf(option)
  const factor = Object.hasOwn(units, unit!) ? units[unit!] : undefined
  return factor === undefined ? undefined : Number(digits) * factor
}

function within(
  { min = 0, max = Number.MAX_SAFE_INTEGER }: NumberOption,
  value?: number,
): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) && value >= min && value <= max
    ? value
    : undefined
}

function rangeOf({ min = 0, max = Number.MAX_SAFE_INTEGER }: NumberOption): string {
  return max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `within ${min} to ${max}`
}

/** On a command line the texts of a list are apart by commas. */
function listOf(given: unknown): readonly string[] | undefined {
  const items: unknown = typeof given === 'string' ? given.split(',').map((item) => item.trim()) : given
  return Array.isArray(items) && items.every(isText) ? items : undefined
}

function isText(given: unknown): given is string {
  return typeof given === 'string' && given !== ''
}
