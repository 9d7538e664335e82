/** What something is registered and resolved by: a symbol, a text, or the class itself. */
// biome-ignore lint/suspicious/noExplicitAny: a class may take whatever the container has for it
export type Token<Value> = symbol | string | (new (...injected: any[]) => Value)

/** How a container comes by a value. */
export type Provider<Value> =
  | { readonly useValue: Value }
  // biome-ignore lint/suspicious/noExplicitAny: as above
  | { readonly useClass: new (...injected: any[]) => Value }

/**
 * A plugin's own container, a child of the app's. It is one of tsyringe's; this much of it is written down here, so that
 * who needs no container needs no tsyringe for its types either.
 */
export interface Container {
  /** What is registered by a token; of a class that is not, a new object. Throws if neither can be had. */
  resolve<Value>(token: Token<Value>): Value
  /** All that was registered by a token, in order. Throws if there is nothing. */
  resolveAll<Value>(token: Token<Value>): Value[]
  /** Whether something is registered by a token: here, or with `recursive` in the app's container, too. */
  isRegistered<Value>(token: Token<Value>, recursive?: boolean): boolean
  /** Registers one more value by a token. `resolve` gives the last one. */
  register<Value>(token: Token<Value>, provider: Provider<Value>): unknown
}
