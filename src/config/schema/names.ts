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
  return renamed(value, camelName) as Camel<Value>
}

/** A copy whose keys are written as files write them: `private-key`. What is undefined is left out. */
export function kebabKeys(value: unknown): unknown {
  return renamed(value, kebabName)
}

/** A copy that whoever made the value cannot change any more. What is undefined is left out. */
export function copied<Value>(value: Value): Value {
  return renamed(value, (name) => name) as Value
}

/** `listen-port` as `listenPort`. */
export function camelName(name: string): string {
  return name.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase())
}

/** `listenPort` as `listen-port`. */
export function kebabName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename))
  if (typeof value !== 'object' || value === null) return value
  const present = Object.entries(value).filter(([, held]) => held !== undefined)
  return Object.fromEntries(present.map(([name, held]) => [rename(name), renamed(held, rename)]))
}
