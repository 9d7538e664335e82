import type { PeerId } from '../../core/api/cipher.js'
import type { PeerEvent } from './tunnel-events.js'

/** Somebody who waits for a peer. */
interface Awaited {
  readonly id: PeerId
  readonly name: string
  resolve(event: PeerEvent): void
  reject(reason: unknown): void
}

/** Who waits for which peer to be reached. */
export class AwaitedPeers {
  readonly #awaited = new Set<Awaited>()

  /**
   * Resolves when `told` tells of the peer.
   *
   * @param name what errors call it.
   * @throws what `left` and `end` say, or the reason of `signal`.
   */
  wait(id: PeerId, name: string, signal: AbortSignal | undefined): Promise<PeerEvent> {
    return new Promise((resolve, reject) => {
      const over = () => {
        this.#awaited.delete(awaited)
        signal?.removeEventListener('abort', onAbort)
      }
      const awaited: Awaited = {
        ...{ id, name },
        resolve(event) {
          over()
          resolve(event)
        },
        reject(reason) {
          over()
          reject(reason)
        },
      }
      const onAbort = () => awaited.reject(signal!.reason)
      signal?.addEventListener('abort', onAbort)
      this.#awaited.add(awaited)
    })
  }

  /** A peer is reached. */
  told(event: PeerEvent): void {
    for (const awaited of [...this.#awaited]) if (awaited.id === event.id) awaited.resolve(event)
  }

  /** Only these peers are configured now. */
  stay(ids: readonly PeerId[], error: (name: string) => Error): void {
    for (const awaited of [...this.#awaited])
      if (!ids.includes(awaited.id)) awaited.reject(error(awaited.name))
  }

  /** No peer is reached any more. */
  end(error: (name: string) => Error): void {
    this.stay([], error)
  }
}
