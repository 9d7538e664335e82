import { nibble, prefixKey } from './prefix-bits.js'

/** Bits that one step of a look-up takes. */
const STRIDE = 4
/** Branches of a node. */
const BRANCHES = 1 << STRIDE
/**
 * A node is 16 branches and 16 ends. A branch is the place of a node, or the negative number of the only entry
 * behind it, or 0; an end is the number of the longest entry that ends in this step, or 0.
 */
const NODE = 2 * BRANCHES
const ROOT_IPV4 = NODE
const ROOT_IPV6 = 2 * NODE

/** Bytes that an entry's address takes. */
const KEY = 16

/**
 * Finds the value of the longest prefix that an IP address begins with, in raw bytes.
 *
 * A trie that takes 4 bits a step, in one array of numbers. A prefix that ends within a step is entered at all
 * ends that it covers; one that is alone behind a branch needs no further nodes. So a look-up makes no object,
 * and takes a few steps however many prefixes there are: at most 8 for IPv4, 32 for IPv6.
 */
export class PrefixTrie<T> {
  #nodes = new Int32Array(16 * NODE)
  #used = 3 * NODE
  readonly #freeNodes: number[] = []
  /** Values, lengths in bits, and addresses of entries, by number; 0 stands for none. */
  readonly #values: (T | undefined)[] = [undefined]
  #bits = new Uint8Array(64)
  #keys = new Uint8Array(64 * KEY)
  readonly #freeEntries: number[] = []
  /** Numbers of entries by prefix. */
  readonly #exact = new Map<string, number>()

  /** How many prefixes there are. */
  get size(): number {
    return this.#exact.size
  }

  /** The value of the longest prefix of the address at `offset`, which has `length` bytes. */
  lookup(bytes: Uint8Array, offset: number, length: 4 | 16): T | undefined {
    const nodes = this.#nodes
    let node = length === 4 ? ROOT_IPV4 : ROOT_IPV6
    let best = nodes[length]! // node 0 is none: its places 4 and 16 hold the prefixes of no bits
    for (let step = 0; node > 0; step++) {
      const byte = bytes[offset + (step >>> 1)]!
      const branch = node + ((step & 1) === 0 ? byte >>> STRIDE : byte & (BRANCHES - 1))
      best = nodes[branch + BRANCHES]! || best
      node = nodes[branch]!
    }
    if (node < 0 && this.#fits(-node, bytes, offset)) best = -node
    return this.#values[best]
  }

  /**
   * Enters a prefix: the first `bits` of an address of 4 or 16 bytes. What the prefix had before is replaced and
   * returned. Throws a RangeError if there are not so many bits.
   */
  insert(address: Uint8Array, bits: number, value: T): T | undefined {
    const key = prefixKey(address, bits)
    const known = this.#exact.get(key)
    if (known !== undefined) {
      const replaced = this.#values[known]
      this.#values[known] = value
      return replaced
    }
    const number = this.#freeEntries.pop() ?? this.#newEntry()
    this.#values[number] = value
    this.#bits[number] = bits
    this.#keys.set(address, number * KEY)
    this.#exact.set(key, number)
    this.#place(number, address, rootOf(address), 0)
    return undefined
  }

  /** Takes a prefix out, and returns the value it had; undefined if it was not there. */
  remove(address: Uint8Array, bits: number): T | undefined {
    const key = prefixKey(address, bits)
    const number = this.#exact.get(key)
    if (number === undefined) return undefined
    const value = this.#values[number]
    this.#exact.delete(key)
    this.#values[number] = undefined
    this.#freeEntries.push(number)
    const path = this.#path(address, bits)
    const last = path.at(-1)!
    const branch = last + nibble(address, path.length - 1)
    if (this.#nodes[branch] === -number) this.#nodes[branch] = 0
    else {
      const next = this.#nextShorter(address, bits)
      this.#cover(last, address, bits, (old) => (old === number ? next : old))
    }
    this.#prune(path, address)
    return value
  }

  /** Places an entry below a node that is `step` steps from the root. */
  #place(number: number, address: Uint8Array, node: number, step: number): void {
    const bits = this.#bits[number]!
    if (bits <= (step + 1) * STRIDE) {
      this.#cover(node, address, bits, (old) => (old === 0 || this.#bits[old]! < bits ? number : old))
      return
    }
    const branch = node + nibble(address, step)
    const child = this.#nodes[branch]!
    if (child === 0) {
      this.#nodes[branch] = -number
      return
    }
    const next = child > 0 ? child : this.#newNode()
    this.#nodes[branch] = next
    if (child < 0) {
      const at = -child * KEY
      this.#place(-child, this.#keys.subarray(at, at + address.length), next, step + 1)
    }
    this.#place(number, address, next, step + 1)
  }

  /** Whether an address begins with an entry's prefix. */
  #fits(number: number, bytes: Uint8Array, offset: number): boolean {
    const keys = this.#keys
    const start = number * KEY
    const bits = this.#bits[number]!
    const whole = bits >>> 3
    for (let at = 0; at < whole; at++) if (bytes[offset + at] !== keys[start + at]) return false
    const difference = bytes[offset + whole]! ^ keys[start + whole]!
    return (bits & 7) === 0 || difference >>> (8 - (bits & 7)) === 0
  }

  /** The entry of the longest shorter prefix that ends within the same step; 0 if there is none. */
  #nextShorter(address: Uint8Array, bits: number): number {
    const stepStart = Math.max(0, Math.floor((bits - 1) / STRIDE) * STRIDE)
    for (let shorter = bits - 1; shorter > stepStart; shorter--) {
      const number = this.#exact.get(prefixKey(address, shorter))
      if (number !== undefined) return number
    }
    return 0
  }

  /** The nodes from the root towards the end of a prefix, as far as there are any. */
  #path(address: Uint8Array, bits: number): number[] {
    const path = [rootOf(address)]
    for (let step = 0; (step + 1) * STRIDE < bits; step++) {
      const child = this.#nodes[path[step]! + nibble(address, step)]!
      if (child <= 0) break
      path.push(child)
    }
    return path
  }

  /** Replaces the entries in all branches of a node that a prefix covers. */
  #cover(node: number, address: Uint8Array, bits: number, replace: (old: number) => number): void {
    if (bits === 0) {
      this.#nodes[address.length] = replace(this.#nodes[address.length]!)
      return
    }
    const step = Math.ceil(bits / STRIDE) - 1
    const covered = 1 << ((step + 1) * STRIDE - bits)
    const first = nibble(address, step) & ~(covered - 1)
    for (let branch = first; branch < first + covered; branch++) {
      const at = node + BRANCHES + branch
      this.#nodes[at] = replace(this.#nodes[at]!)
    }
  }

  /** Frees the nodes at the end of a path that hold nothing. */
  #prune(path: readonly number[], address: Uint8Array): void {
    for (let step = path.length - 1; step > 0; step--) {
      const node = path[step]!
      if (this.#nodes.subarray(node, node + NODE).some((slot) => slot !== 0)) return
      this.#nodes[path[step - 1]! + nibble(address, step - 1)] = 0
      this.#freeNodes.push(node)
    }
  }

  #newNode(): number {
    const free = this.#freeNodes.pop()
    if (free !== undefined) return free
    if (this.#used === this.#nodes.length) {
      const larger = new Int32Array(2 * this.#used)
      larger.set(this.#nodes)
      this.#nodes = larger
    }
    this.#used += NODE
    return this.#used - NODE
  }

  #newEntry(): number {
    const number = this.#values.length
    if (number === this.#bits.length) {
      this.#bits = doubled(this.#bits)
      this.#keys = doubled(this.#keys)
    }
    return number
  }
}

function doubled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length)
  larger.set(bytes)
  return larger
}

function rootOf(address: Uint8Array): number {
  return address.length === 4 ? ROOT_IPV4 : ROOT_IPV6
}
