import type { Parsed } from '../check/parsed.js'
import { type Dialect, type Problem, unknownKey } from '../check/problems.js'
import { renameFormerKeys } from '../check/rename-former-keys.js'
import { entriesOf, itemOf, unwrapped } from '../check/validate.js'
import type { Configuration } from '../schema/configuration.js'
import { camelName, kebabKeys, kebabName } from '../schema/names.js'
import { fileSchema } from '../schema/schema.js'

/** What errors call a configuration that no file holds. */
export const THE_CONFIGURATION = 'the configuration'

/** How a program's own object calls things: `peers[0].allowedIps`. */
const objectDialect: Dialect = {
  describe(path) {
    const ofPlugin = path[0] === 'plugin'
    const steps = path.map((step, at) => {
      if (typeof step === 'number') return `[${step}]`
      if (ofPlugin && at === 1) return /^[a-z0-9]+$/.test(step) ? `.${step}` : `['${step}']`
      return `.${at > 1 && ofPlugin ? camelName(step) : memberName(step)}`
    })
    return `'${steps.join('').replace(/^\./, '')}'`
  },
}

/** A configuration that a program wrote as an object, to be checked as strictly as a file. */
export function parseObject(config: Configuration): Parsed {
  const { peers, ...tables } = config
  const raw = kebabKeys({ ...tables, peer: peers })
  const lineOf = () => undefined
  const parsed = renameFormerKeys({ schema: fileSchema, raw, dialect: objectDialect, lineOf, problems: [] })
  const unknown = Object.entries(parsed.raw as object).flatMap(([name, value]) => unknownIn(name, value))
  return { ...parsed, problems: [...unknown, ...parsed.problems] }
}

function unknownIn(name: string, value: unknown): Problem[] {
  const none = new Map<string, string>()
  const problem = (key: string, where: string, known: readonly string[]): Problem => ({
    line: undefined,
    text: unknownKey(key, where, known, none),
  })
  const schema = fileSchema.entries[name as keyof typeof fileSchema.entries]
  if (schema === undefined)
    return [problem(memberName(name), 'at the top', Object.keys(fileSchema.entries).map(memberName))]
  const inner = unwrapped(schema)
  const entries = entriesOf(itemOf(inner) ?? inner)
  if (entries === undefined) return [] // options, of which their plugins know more
  const known = Object.keys(entries)
  return (Array.isArray(value) ? value : [value]).flatMap((table: unknown) => {
    const keys = typeof table === 'object' && table !== null ? Object.keys(table) : []
    const strange = keys.filter((key) => !known.includes(key))
    return strange.map((key) => problem(camelName(key), `in '${memberName(name)}'`, known.map(camelName)))
  })
}

/** A table or a key as a program's object has it. */
function memberName(name: string): string {
  return name === 'peer' ? 'peers' : camelName(kebabName(name))
}
