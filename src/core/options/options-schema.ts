import { isSetIn, type Option, type Options, optionKey } from './option.js'
import { allowedFor, defaultOf } from './read-option.js'

/** A table with options of a plugin, as editors read it: JSON Schema, draft 7. What it cannot say is left to `qanat check`. */
export function optionsSchema(options: Options): object {
  const properties = Object.entries(options)
    .filter(([, option]) => isSetIn('file', option))
    .flatMap(([name, option]) => propertiesOf(optionKey(name), option))
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false }
}

function propertiesOf(key: string, option: Option): [key: string, schema: object][] {
  const { help } = option
  if (option.type === 'secret') {
    const text = { type: 'string', minLength: 1 }
    return [
      [`${key}-file`, { ...text, description: `${help}. Allowed: the path of the file that holds it` }],
      [`${key}-env`, { ...text, description: `${help}. Allowed: the variable that holds it` }],
    ]
  }
  const usual = defaultOf(option)
  const schema = { ...schemaOf(option), ...(usual !== undefined && { default: usual }) }
  return [[key, { ...schema, description: `${help}. Allowed: ${allowedFor(option)}` }]]
}

function schemaOf(option: Exclude<Option, { readonly type: 'secret' }>): object {
  switch (option.type) {
    case 'whole':
    case 'bytes':
    case 'duration': {
      const { min = 0, max } = option
      const number = { type: 'integer', minimum: min, ...(max !== undefined && { maximum: max }) }
      const written = { type: 'string', pattern: '^-?[0-9]{1,16} ?[a-zA-Z]*$' }
      return { anyOf: [number, written] }
    }
    case 'toggle':
      return { type: 'boolean' }
    case 'list':
      return { type: 'array', items: { type: 'string', minLength: 1 } }
    case 'one of':
      return { enum: option.of }
    case 'string':
    case 'path':
      return { type: 'string', minLength: 1 }
  }
}
