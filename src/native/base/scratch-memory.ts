import type { Region } from './arena.js'
import { native } from './native.js'

/** Memory that is taken piece by piece and given back at once. */
export class ScratchMemory {
  readonly #regions: Region[] = []

  /** Zeroed memory: of the arena, which spares copies at its border, or portable if there is none. */
  readonly allocate = (bytes: number): Uint8Array => {
    try {
      const region = native().arena.reserve(bytes)
      this.#regions.push(region)
      return region.bytes
    } catch {
      return new Uint8Array(bytes)
    }
  }

  /** Gives all of it back. It must not be used afterwards. */
  release(): void {
    for (const region of this.#regions.splice(0)) region.release()
  }
}
