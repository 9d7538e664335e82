import type { PacPlace } from '../../core/proxy/pac-place.js'
import type { Clock } from '../../core/time/clock.js'
import type { Resolve } from '../net/egress.js'
import type { PacFile, PacWay } from './pac-file.js'

/** PAC files that are remembered: a configuration names one. */
const MAX_FILES = 8

/** All PAC files that an app's dialers ask, with what they answered. */
export class PacFiles {
  readonly #clock: Clock
  readonly #worker: string | undefined
  readonly #files = new Map<string, { readonly text: string; readonly file: PacFile }>()

  /** @param worker What runs scripts, if not the module for it. */
  constructor(clock: Clock, worker?: string) {
    this.#clock = clock
    this.#worker = worker
  }

  /** The file at a place. @param text Its script, if it is not fetched. */
  async at(place: PacPlace, text: string, resolve: Resolve): Promise<PacFile> {
    const { PacFile } = await import('./pac-file.js')
    const key = keyOf(place)
    const known = this.#files.get(key)
    if (known?.text === text) return known.file
    const file = new PacFile(place, text, { clock: this.#clock, resolve, worker: this.#worker })
    if (this.#files.size >= MAX_FILES) this.#files.clear()
    this.#files.set(key, { text, file })
    return file
  }

  /** The way that an endpoint was tried by last; undefined if by none yet. */
  tried(place: PacPlace, endpoint: URL): { readonly way: PacWay } | undefined {
    return this.#files.get(keyOf(place))?.file.tried(endpoint)
  }

  /** Has the next dials fetch and ask all of them again: the network is another one, or somebody reloads. */
  forget(): void {
    for (const { file } of this.#files.values()) file.forget()
  }
}

function keyOf({ logins, shown, url }: PacPlace): string {
  return JSON.stringify([shown, url?.href, logins.map(({ url }) => url.href)])
}
