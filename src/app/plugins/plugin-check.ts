import { PART_NAME } from '../../core/api/plugin.js'

/** What is checked of a part that a plugin registers: it may be anything. */
export interface Candidate {
  readonly name?: unknown
  readonly summary?: unknown
  readonly create?: unknown
  readonly schemes?: unknown
}

/** The URL schemes that a whole transport serves. */
export function schemesOf({ name, schemes }: Candidate): readonly string[] {
  return (schemes ?? [name]) as string[]
}

/**
 * Checks that a part is whole, and that its name and schemes are free among those that are known already.
 * Throws an Error that says what is wrong and what is allowed.
 */
export function checkPlugin(kind: string, part: Candidate, known: readonly Candidate[]): void {
  const { name, summary, create, schemes } = part
  if (!isName(name)) {
    const rule = "'name' must be lower-case letters, digits and dashes"
    throw new Error(`a ${kind} it registers has the name ${JSON.stringify(name)}; ${rule}`)
  }
  if (known.some((other) => other.name === name)) {
    throw new Error(`a ${kind} '${name}' already exists; choose another name`)
  }
  if (typeof summary !== 'string') throw new Error(`its ${kind} '${name}' lacks the string 'summary'`)
  if (typeof create !== 'function') throw new Error(`its ${kind} '${name}' lacks the function 'create'`)
  if (kind !== 'transport') return
  if (schemes !== undefined && !(Array.isArray(schemes) && schemes.length > 0 && schemes.every(isName))) {
    const rule = "'schemes' must be a list of lower-case names"
    throw new Error(`its transport '${name}' has schemes ${JSON.stringify(schemes)}; ${rule}`)
  }
  const served = known.flatMap(schemesOf)
  const taken = schemesOf(part).find((scheme) => served.includes(scheme))
  if (taken !== undefined) throw new Error(`a transport already serves '${taken}://'; choose another scheme`)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && PART_NAME.test(value)
}
