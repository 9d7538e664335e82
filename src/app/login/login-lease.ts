import type { Asker } from '../../control/server.js'
import { QanatError } from '../../core/api/errors.js'
import { LOGIN_TIME } from '../../core/settings/login.js'
import type { Clock } from '../../core/time/clock.js'
import type { NameServersOutside, Outside } from './outside.js'

/** A login that is open. */
export interface LoginStatus {
  readonly since: string
  /** When it ends at the latest. */
  readonly until: string
}

/** What a login has to know to go past the tunnel. */
export interface LoginLeave extends NameServersOutside {
  readonly mark: number
}

/** The one login beside a tunnel, which whoever asked for it has open for as long as the connection is. */
export class LoginLease {
  readonly #clock: Clock
  readonly #outside: Outside | undefined
  #open: LoginStatus | undefined

  /** `outside` is the way past the tunnel; undefined if programs do not go by that anyway. */
  constructor(outside: Outside | undefined, clock: Clock) {
    this.#outside = outside
    this.#clock = clock
  }

  /** The login that is open; null if none is. */
  get status(): LoginStatus | null {
    return this.#open ?? null
  }

  /**
   * Begins one, and tells how it goes past the tunnel.
   *
   * @throws QanatError ERR_CONTROL if there is one, or it takes none.
   */
  begin({ gone, seconds = 0 }: Asker): LoginLeave {
    const { min, max } = LOGIN_TIME
    if (!Number.isInteger(seconds) || seconds < min || seconds > max)
      throw refused(`its time is not within ${min} to ${max} seconds`)
    if (this.#outside === undefined)
      throw refused('nothing leads the web into this tunnel, so any browser reaches the page')
    if (this.#open !== undefined) throw refused(`one is open already, until ${this.#open.until}`)
    const now = this.#clock.wall()
    const own = { since: timeOf(now), until: timeOf(now + seconds * 1_000) }
    this.#open = own
    gone.addEventListener('abort', () => {
      if (this.#open === own) this.#open = undefined
    })
    const { mark, names } = this.#outside
    return { mark, ...names() }
  }
}

function refused(why: string): QanatError {
  return new QanatError(`Cannot open a login: ${why}`, { code: 'ERR_CONTROL' })
}

function timeOf(wall: number): string {
  return new Date(wall).toISOString()
}
