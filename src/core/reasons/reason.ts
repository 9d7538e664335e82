import { CATALOG, type ReasonCode, type ReasonSide } from './catalog.js'

/** Why something failed: a code that scripts may rely on, and words that may change. */
export interface Reason {
  /** In kebab-case: of the catalog, or a plugin's own. */
  readonly code: string
  /** In words that stand behind what failed, without a full stop. */
  readonly text: string
}

/** Why something failed that a login page may be in the way of. */
export interface PortalReason extends Reason {
  /** The URL of the login page, in ASCII, of at most 2,048 characters, as whoever answered gave it. */
  readonly page?: string | undefined
}

/** A reason as it is told: with the step that failed, and what to do about it. */
export interface ToldReason extends Reason {
  /** `name`, `connect`, `proxy`, `tls`, `portal`, `upgrade`, `open`, `handshake`, `carry`, `listen`, `dial`, or a transport's own word. */
  readonly step: string
  /** Undefined if the catalog does not know the code. */
  readonly remedy: string | undefined
}

/** The names of the values that a sentence has. */
type Names<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never

/** The values that the sentence of a code takes; none if it has no place for any. */
export type Values<Code extends ReasonCode> = [Names<(typeof CATALOG)[Code][2]>] extends [never]
  ? []
  : [Readonly<Record<Names<(typeof CATALOG)[Code][2]>, string | number>>]

/** A code whose sentence has no values. */
export type PlainCode = {
  [Code in ReasonCode]: Values<Code> extends [] ? Code : never
}[ReasonCode]

/** A link of a remedy to a part of docs/troubleshooting.md. */
const LINK = /\[([^\]]*)\]\(#[^)]*\)/g

/** A code that is shown as it is; others count as `other`. */
const CODE = /^[a-z][a-z0-9-]{0,39}$/

/** A reason of the catalog, its sentence filled in. What comes from elsewhere is printable and without secrets. */
export function reason<Code extends ReasonCode>(code: Code, ...[values]: Values<Code>): Reason {
  const filled: Readonly<Record<string, string | number>> = values ?? {}
  const text = CATALOG[code][2].replace(/\{(\w+)\}/g, (_, name: string) => String(filled[name]))
  return { code, text }
}

/** The same as an error, which whoever catches it takes words and code from. */
export function failure<Code extends ReasonCode>(code: Code, ...values: Values<Code>): Failure {
  return new Failure(reason(code, ...values))
}

/** A reason that is thrown, to be put behind what failed. */
export class Failure extends Error {
  readonly reason: string
  /** As in `PortalReason`. */
  readonly page: string | undefined

  constructor({ code, page, text }: PortalReason, options?: ErrorOptions) {
    super(text, options)
    this.reason = code
    this.page = page
  }

  /** The same, with what was thrown below it. */
  by(cause: unknown): Failure {
    return new Failure({ code: this.reason, text: this.message, page: this.page }, { cause })
  }
}

/** Errors below one another that are looked through. */
const DEEPEST_CAUSE = 8

/** The login page that an error, or one below it, tells of. */
export function pageOf(thrown: unknown): string | undefined {
  let next = thrown
  for (let depth = 0; depth < DEEPEST_CAUSE && next instanceof Error; depth++) {
    if (next instanceof Failure && next.page !== undefined) return next.page
    next = next.cause
  }
  return undefined
}

/** The code that an error bears; `other` if it bears none. */
export function codeOf(thrown: unknown): string {
  const { reason: code } = (thrown ?? {}) as { readonly reason?: unknown }
  return typeof code === 'string' && CODE.test(code) ? code : 'other'
}

/**
 * How an error is told that came about while `step` was waited for: a step of the catalog counts before that, unless the dial was over
 * and what went wrong then is told as of any link.
 */
export function toldReason(error: Error, step: string): ToldReason {
  const code = codeOf(error)
  const row = rowOf(code)
  return {
    code,
    text: error.message,
    step: step === 'handshake' ? step : (row?.step ?? step),
    remedy: row?.remedy,
  }
}

/** The same as the fields of a log line. */
export function factsOf({ code, remedy, step, text }: ToldReason): Readonly<Record<string, string>> {
  return { why: text, step, code, ...(remedy !== undefined && { remedy }) }
}

/** All that the catalog has of a reason whose sentence has no values. */
export function catalogued(code: PlainCode): ToldReason {
  return toldReason(failure(code), '')
}

/** What the catalog says of a code but for its sentence; undefined of `other` and of codes that plugins made up. */
export function rowOf(
  code: string,
): { readonly step: string; readonly side: ReasonSide; readonly remedy: string } | undefined {
  if (code === 'other' || !Object.hasOwn(CATALOG, code)) return undefined
  const [step, side, , remedy] = CATALOG[code as ReasonCode]
  return { step, side, remedy: remedy.replace(LINK, '$1') }
}
