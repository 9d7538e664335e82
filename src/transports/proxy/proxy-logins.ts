import type { ProxyServer } from '../../core/proxy/proxy-url.js'
import type { Clock } from '../../core/time/clock.js'
import { KnownLogin } from './known-login.js'

/** What all dialers of an app know of their logins at proxies. There are as many as configurations name. */
export class ProxyLogins {
  readonly #clock: Clock
  /** By URL, so that other credentials are another login. */
  readonly #known = new Map<string, KnownLogin>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is known of the login at a proxy. */
  at({ url }: ProxyServer): KnownLogin {
    const known = this.#known.get(url.href) ?? new KnownLogin(this.#clock)
    this.#known.set(url.href, known)
    return known
  }

  /** Whether a proxy is told a login, or answered that it wants one. */
  asks({ credentials, url }: ProxyServer): boolean {
    return credentials !== undefined || this.#known.get(url.href)?.asks === true
  }

  /** Has logins tried again that were refused. */
  forgive(): void {
    for (const known of this.#known.values()) known.forgive()
  }
}
