import type { Chance } from './chance.js'

/** A parser that bytes of others reach, and what makes bytes for it. */
export interface FuzzParser {
  /** How `npm run fuzz` calls it. */
  readonly name: string
  /** Whose bytes reach it, in one line. */
  readonly about: string
  /** Rounds that `npm test` has of it. */
  readonly share: number
  /** Makes ready what the rounds share. */
  readonly start: () => FuzzRounds | Promise<FuzzRounds>
}

export interface FuzzRounds {
  /** Makes an input and has it parsed. @throws Error if the parser did what it must not. */
  round(chance: Chance): void | Promise<void>
  /** Ends what `start` began. */
  close?(): void | Promise<void>
}

/** What a finding is told with. */
export function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}
