import type { PeerId } from '../api/cipher.js'
import { redact, redactText } from '../api/redact.js'
import type { SearchEvent } from './search-event.js'

/** Peers that are waited for by name; the others are counted. */
const MOST_NAMED = 3

/** What a tunnel waits for: of each peer that it looks for the first endpoint that failed, and why. */
export class WaitedFor {
  readonly #searches = new Map<PeerId, { readonly endpoint: URL; readonly text: string }>()

  /** What the search for a peer tells. */
  told(id: PeerId, event: SearchEvent): void {
    if (event.kind === 'found') this.forget(id)
    if (event.kind !== 'failed' && event.kind !== 'given up') return
    const { endpoint, error } = event
    if ((this.#searches.get(id)?.endpoint ?? endpoint) !== endpoint) return
    this.#searches.set(id, { endpoint, text: `${redact(endpoint)} (${redactText(error.message)})` })
  }

  /** The peer is looked for no longer. */
  forget(id: PeerId): void {
    this.#searches.delete(id)
  }

  /** In words; undefined if there is nothing to wait for. */
  get text(): string | undefined {
    const all = [...this.#searches.values()].map(({ text }) => text)
    if (all.length === 0) return undefined
    const more = all.length > MOST_NAMED ? `, and ${all.length - MOST_NAMED} more` : ''
    return `waiting for ${all.slice(0, MOST_NAMED).join(', ')}${more}`
  }
}
