import { strict as assert } from 'node:assert'

/** What the cases say of values, without a test runner: each throws an AssertionError that shows both, and `what` it is about. */
export function expect<Value>(actual: Value, what?: string): Expected<Value> {
  return new Expected(actual, what)
}

class Expected<Value> {
  readonly #actual: Value
  readonly #what: string | undefined

  constructor(actual: Value, what: string | undefined) {
    this.#actual = actual
    this.#what = what
  }

  /** The same value. */
  toBe(expected: unknown): void {
    assert.strictEqual(this.#actual, expected, this.#message(`not ${shown(expected)}`))
  }

  notToBe(unexpected: unknown): void {
    assert.notStrictEqual(this.#actual, unexpected, ...this.#said)
  }

  /** Equal in all that is in it. */
  toEqual(expected: unknown): void {
    assert.deepStrictEqual(this.#actual, expected, ...this.#said)
  }

  /** Equal in the members of `expected`. */
  toMatchObject(expected: object): void {
    const found = this.#actual as Record<string, unknown>
    const members = Object.keys(expected).map((key) => [key, found[key]])
    assert.deepStrictEqual(Object.fromEntries(members), { ...expected }, ...this.#said)
  }

  toBeAtLeast(least: number): void {
    assert.ok((this.#actual as number) >= least, this.#message(`less than ${least}`))
  }

  toBeAtMost(most: number): void {
    assert.ok((this.#actual as number) <= most, this.#message(`more than ${most}`))
  }

  /** What assertions are told besides the values. Node 26 refuses an `undefined` there. */
  get #said(): [] | [Error] {
    return this.#what === undefined ? [] : [new Error(this.#what)]
  }

  #message(how: string): string {
    const found = `${shown(this.#actual)} is ${how}`
    return this.#what === undefined ? found : `${this.#what}: ${found}`
  }
}

/** Throws unless a promise is rejected by an error with these members. */
export async function expectRejected(promise: Promise<unknown>, members: object): Promise<void> {
  const settled = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  assert.ok(settled !== undefined, `it succeeded, and should have failed with ${JSON.stringify(members)}`)
  expect(settled.error).toMatchObject(members)
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'it' : String(value)
}
