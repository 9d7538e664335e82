import type { DependencyContainer } from 'tsyringe'
import type { PeerId } from '../core/api/cipher.js'
import { type Fields, type Logger, loggerAround } from '../core/api/logger.js'

/** A public key in base64. */
const KEY = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=/g

const PEER_NAMES = Symbol('peer names')

/** What users call the peers of an app's tunnels, those that left among them. */
export class PeerNames {
  readonly #names = new Map<PeerId, string>()

  /** These peers are configured, under the names that they have now. */
  add(peers: readonly { readonly id: PeerId; readonly name?: string | undefined }[]): void {
    for (const { id, name } of peers) {
      if (name === undefined) this.#names.delete(id)
      else this.#names.set(id, name)
    }
  }

  /** What a peer is called; its id if it has no name. */
  of(id: PeerId): PeerId | string {
    return this.#names.get(id) ?? id
  }

  /** A text with names in place of the public keys that have one. */
  within(text: string): string {
    return text.replace(KEY, (key) => this.of(key))
  }
}

/** Has the log lines of an app, whichever part writes them, call peers by their names. Returns the logger to use. */
export function namePeers(container: DependencyContainer, log: Logger): Logger {
  const names = new PeerNames()
  container.register(PEER_NAMES, { useValue: names })
  return loggerAround(log, (level) => (message, fields) => {
    if (fields === undefined) log[level](names.within(message))
    else log[level](names.within(message), namedIn(fields, names))
  })
}

/** The names that log lines have; those of nobody if it was not asked to name peers. */
export function peerNamesOf(container: DependencyContainer): PeerNames {
  return container.isRegistered(PEER_NAMES) ? container.resolve<PeerNames>(PEER_NAMES) : new PeerNames()
}

function namedIn(fields: Fields, names: PeerNames): Fields {
  const entries = Object.entries(fields).map(([field, value]) => {
    // Ends that share a key have a word for an id, which is nobody's elsewhere.
    if (field === 'peer' && typeof value === 'string') return [field, names.of(value)]
    return [field, named(value, names)]
  })
  return Object.fromEntries(entries)
}

function named(value: unknown, names: PeerNames): unknown {
  if (typeof value === 'string') return names.within(value)
  return Array.isArray(value) ? value.map((item) => named(item, names)) : value
}
