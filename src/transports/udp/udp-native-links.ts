import { randomInt } from 'node:crypto'
import type { Family } from '../../native/base/sockets.js'
import { LOCAL_WORDS, NAME_WORDS, type UdpCarrier, UdpNativeLink, wordsAt } from './udp-native-link.js'

/**
 * Links kept for remotes that send but that nobody dialled. An unknown source takes the place of another, never more
 * memory; a peer whose place was taken gets a new link of equal value.
 */
const SETS = 512
/** Links that share a set. One of a power of two, so that the next victim is found by a mask. */
const WAYS = 4

/** The links of one socket, found by the bytes of a sender's address: no text and no object per message. */
export class UdpNativeLinks {
  readonly #carrier: UdpCarrier
  readonly #view: DataView
  readonly #nameWords: number
  readonly #localWords: number
  /** Unknown to outsiders, so that they cannot choose whose place they take. */
  readonly #seed = randomInt(2 ** 32)
  readonly #dialled = new Map<number, UdpNativeLink[]>()
  readonly #passing: (UdpNativeLink | undefined)[] = new Array(SETS * WAYS).fill(undefined)
  #victim = 0
  /** Most messages come from the sender of the one before. */
  #last: UdpNativeLink | undefined

  constructor(carrier: UdpCarrier, view: DataView, family: Family) {
    this.#carrier = carrier
    this.#view = view
    this.#nameWords = NAME_WORDS[family]
    this.#localWords = LOCAL_WORDS[family]
  }

  /** The link of a message, whose sender and local address lie at these offsets; `localAt` 0: not told. */
  from(nameAt: number, localAt: number): UdpNativeLink {
    const last = this.#last
    if (last !== undefined && this.#leads(last, nameAt, localAt)) return last
    this.#last = this.#find(nameAt, localAt)
    return this.#last
  }

  /** A link that somebody dials. A later one to the same remote takes its place. */
  dial(name: Uint32Array): UdpNativeLink {
    const link = new UdpNativeLink(this.#carrier, name, undefined, true)
    const hash = this.#hashOf(name)
    const bucket = this.#dialled.get(hash)
    if (bucket === undefined) this.#dialled.set(hash, [link])
    else bucket.unshift(link)
    this.#last = undefined
    return link
  }

  /** Forgets a link that was closed. */
  forget(link: UdpNativeLink): void {
    if (this.#last === link) this.#last = undefined
    const hash = this.#hashOf(link.name)
    const others = this.#dialled.get(hash)?.filter((other) => other !== link) ?? []
    if (others.length > 0) this.#dialled.set(hash, others)
    else this.#dialled.delete(hash)
    const place = this.#passing.indexOf(link)
    if (place >= 0) this.#passing[place] = undefined
  }

  #find(nameAt: number, localAt: number): UdpNativeLink {
    const hash = this.#hash(nameAt)
    const bucket = this.#dialled.get(hash)
    if (bucket !== undefined) {
      for (const link of bucket) if (this.#leads(link, nameAt, localAt)) return link
    }
    const set = (hash % SETS) * WAYS
    for (let way = set; way < set + WAYS; way++) {
      const link = this.#passing[way]
      if (link !== undefined && this.#leads(link, nameAt, localAt)) return link
    }
    return this.#keep(set, nameAt, localAt)
  }

  #keep(set: number, nameAt: number, localAt: number): UdpNativeLink {
    const name = wordsAt(this.#view, nameAt, this.#nameWords)
    const local = localAt === 0 ? undefined : wordsAt(this.#view, localAt, this.#localWords)
    const link = new UdpNativeLink(this.#carrier, name, local, false)
    this.#victim = (this.#victim + 1) & (WAYS - 1)
    this.#passing[set + this.#victim] = link
    return link
  }

  #leads({ name, local, dialled }: UdpNativeLink, nameAt: number, localAt: number): boolean {
    for (let word = 0; word < this.#nameWords; word++) {
      if (this.#view.getUint32(nameAt + 4 * word, true) !== name[word]) return false
    }
    if (dialled || localAt === 0) return true
    if (local === undefined) return false
    for (let word = 0; word < this.#localWords; word++) {
      if (this.#view.getUint32(localAt + 4 * word, true) !== local[word]) return false
    }
    return true
  }

  #hash(nameAt: number): number {
    let hash = this.#seed
    for (let word = 0; word < this.#nameWords; word++) {
      hash = mix(hash, this.#view.getUint32(nameAt + 4 * word, true))
    }
    return hash >>> 0
  }

  #hashOf(name: Uint32Array): number {
    let hash = this.#seed
    for (const word of name) hash = mix(hash, word)
    return hash >>> 0
  }
}

/** One step of MurmurHash3's 32-bit variant, with its final shifts. */
function mix(hash: number, word: number): number {
  const part = Math.imul(word ^ (word >>> 15), 0xcc9e2d51)
  const mixed = Math.imul(hash ^ Math.imul((part << 15) | (part >>> 17), 0x1b873593), 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
