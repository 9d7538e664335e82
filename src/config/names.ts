/** `listen-port` as `listenPort`. */
type CamelName<Name> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelName<Tail>>}`
  : Name

/** What a file holds, its keys written as TypeScript writes them. */
export type Camel<Value> = Value extends readonly (infer Item)[]
  ? readonly Camel<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value as CamelName<Name>]: Camel<Value[Name]> }
    : Value

/** A copy whose keys are written as TypeScript writes them: `privateKey`. */
export function camelKeys<Value>(value: Value): Camel<Value> {
  const rename = (name: string) => name.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase())
  return renamed(value, rename) as Camel<Value>
}

/** A copy whose keys are written as files write them: `private-key`. What is undefined is left out. */
export function kebabKeys(value: unknown): unknown {
  return renamed(value, (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`))
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename))
  if (typeof value !== 'object' || value === null) return value
  const present = Object.entries(value).filter(([, held]) => held !== undefined)
  return Object.fromEntries(present.map(([name, held]) => [rename(name), renamed(held, rename)]))
}
