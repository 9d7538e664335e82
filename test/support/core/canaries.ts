import { inspect } from 'node:util'
import { expect } from 'vitest'

const USER = 'canary user'
const PASSWORD = 'canary/pass:wörd@?'
const QUERY = 'canary=quëry/token'
const FRAGMENT = 'canary-frägment'

const encoded = encodeURIComponent
const LOGIN = `${encoded(USER)}:${encoded(PASSWORD)}@`
/** The last part of a URL whose query and fragment are secrets. */
export const SECRET_END = `?token=${encoded(QUERY)}#${encoded(FRAGMENT)}`
/** What each of the secrets looks like, wherever it comes up. */
const FORMS = [
  USER,
  PASSWORD,
  QUERY,
  FRAGMENT,
  `${USER}:${PASSWORD}`,
  `${encoded(USER)}:${encoded(PASSWORD)}`,
]
  .flatMap((secret) => [secret, encoded(secret), encodeURI(secret)])
  .flatMap((secret) => [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')])

/** `scheme://place` with a user and a password before the place, and a query and a fragment behind it. */
export function withSecrets(url: string): string {
  return url.replace('://', `://${LOGIN}`) + SECRET_END
}

/** The same for a proxy, which has neither a query nor a fragment. */
export function withLogin(url: string): string {
  return url.replace('://', `://${LOGIN}`)
}

/** All that somebody may see of a program: values as they are logged or printed, errors with their causes. */
export class Seen {
  readonly #texts: string[] = []

  readonly add = (...values: unknown[]): void => {
    for (const value of values) this.#texts.push(typeof value === 'string' ? value : textOf(value))
  }

  /** Expects that there is something, that none of it holds a secret, and that each of `places` can be read in it. */
  expectNoSecret(...places: string[]): void {
    const text = this.#texts.join('\n')
    expect(FORMS.filter((form) => text.includes(form))).toEqual([])
    expect(text).not.toContain('canary')
    for (const place of places) expect(text).toContain(place)
    expect(text).not.toBe('')
  }
}

/** As JSON, which is what the log makes of it, and as a program prints it that looks into it. */
function textOf(value: unknown): string {
  return `${JSON.stringify(value)}\n${inspect(value, { depth: 9 })}`
}
