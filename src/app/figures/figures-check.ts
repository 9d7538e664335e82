import { isTable } from '../../config/check/table.js'
import { type Figure, MAX_VALUES } from '../../core/figures/figure.js'
import { OPTION_NAME } from '../../core/options/option.js'
import { isReservedName } from '../../core/options/reserved-names.js'

const TYPES: readonly unknown[] = ['counter', 'gauge'] satisfies Figure['type'][]
const MEMBERS: readonly string[] = ['type', 'unit', 'help', 'labels'] satisfies (keyof Figure)[]
/** What a line of a status can hold. */
const UNIT = /^[A-Za-z%][A-Za-z0-9%/ ]{0,31}$/
const LABEL_VALUE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Checks what a plugin says of its figures. Throws an Error that says what is wrong and what is allowed. */
export function checkFiguresDescribed(figures: unknown): void {
  if (figures === undefined) return
  if (!isTable(figures)) {
    throw new Error("its 'figures' is no object that describes each figure")
  }
  let values = 0
  for (const [name, figure] of Object.entries(figures)) {
    const fault = faultOf(name, figure as Figure | null)
    if (fault !== undefined) throw new Error(`its figure '${name}' ${fault}`)
    values += valuesOf(figure as Figure)
  }
  if (values > MAX_VALUES) {
    throw new Error(
      `its figures have ${values} values, each combination of labels one; allowed are ${MAX_VALUES}`,
    )
  }
}

/** How many values a figure may have. */
export function valuesOf({ labels = {} }: Figure): number {
  return Object.values(labels).reduce((product, values) => product * values.length, 1)
}

function faultOf(name: string, figure: Figure | null): string | undefined {
  if (!isPlainName(name)) return 'must be letters and digits, a lower-case letter first'
  if (typeof figure !== 'object' || figure === null) return 'is no object'
  const { help, labels, type, unit } = figure
  if (!TYPES.includes(type)) return `has an unknown type; known are ${TYPES.join(', ')}`
  if (typeof unit !== 'string' || !UNIT.test(unit)) return "lacks the text 'unit', such as 'bytes'"
  if (typeof help !== 'string' || help === '') return "lacks the text 'help'"
  const unknown = Object.keys(figure).find((member) => !MEMBERS.includes(member))
  if (unknown !== undefined) return `has the member '${unknown}'; known are ${MEMBERS.join(', ')}`
  if (labels === undefined) return undefined
  if (!isTable(labels)) {
    return "has 'labels' that are no object that lists what each may be"
  }
  for (const [label, values] of Object.entries(labels)) {
    if (!isPlainName(label))
      return `has a label '${label}'; it must be letters and digits, a lower-case letter first`
    if (!isWords(values)) return `has a label '${label}' that is no list of words, each once`
  }
  return undefined
}

function isPlainName(name: string): boolean {
  return OPTION_NAME.test(name) && !isReservedName(name)
}

function isWords(values: unknown): boolean {
  return (
    Array.isArray(values) &&
    values.length > 0 &&
    new Set(values).size === values.length &&
    values.every((value) => typeof value === 'string' && LABEL_VALUE.test(value))
  )
}
