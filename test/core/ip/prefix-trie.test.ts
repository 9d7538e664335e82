import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PrefixTrie } from '../../../src/core/ip/prefix-trie.js'

interface Prefix {
  readonly address: Uint8Array
  readonly bits: number
}

/** Longest-prefix match, slowly. */
class Model {
  readonly #prefixes = new Map<string, Prefix & { value: number }>()

  insert(prefix: Prefix, value: number): void {
    this.#prefixes.set(text(prefix), { ...prefix, value })
  }

  remove(prefix: Prefix): void {
    this.#prefixes.delete(text(prefix))
  }

  lookup(address: Uint8Array): number | undefined {
    let best: (Prefix & { value: number }) | undefined
    for (const prefix of this.#prefixes.values()) {
      const fits =
        prefix.address.length === address.length &&
        binary(address).startsWith(binary(prefix.address).slice(0, prefix.bits))
      if (fits && (best === undefined || prefix.bits > best.bits)) best = prefix
    }
    return best?.value
  }
}

function binary(address: Uint8Array): string {
  return [...address].map((byte) => byte.toString(2).padStart(8, '0')).join('')
}

function text({ address, bits }: Prefix): string {
  return `${address.length} ${binary(address).slice(0, bits)}`
}

/** Addresses that often share their beginnings, or are the same: then prefixes of one lie within each other. */
const addresses = fc.constantFrom(4, 16).chain((length) =>
  fc.oneof(
    fc.constantFrom(0, 10, 255).map((byte) => new Uint8Array(length).fill(byte)),
    fc
      .array(fc.oneof(fc.constantFrom(0, 10, 255), fc.nat(255)), { minLength: length, maxLength: length })
      .map((bytes) => Uint8Array.from(bytes)),
  ),
)
const prefixes = addresses.chain((address) =>
  fc.nat(address.length * 8).map((bits): Prefix => ({ address, bits })),
)

describe('a prefix trie', () => {
  it('finds what a slow model finds, while prefixes come and go', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('insert' as const), prefix: prefixes }),
        fc.record({ kind: fc.constant('remove' as const), prefix: prefixes }),
        fc.record({ kind: fc.constant('removeKnown' as const), which: fc.nat() }),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(steps, fc.array(addresses, { minLength: 1, maxLength: 20 }), (made, asked) => {
        const trie = new PrefixTrie<number>()
        const model = new Model()
        const known: Prefix[] = []
        made.forEach((step, value) => {
          const prefix = step.kind === 'removeKnown' ? known[step.which % known.length] : step.prefix
          if (prefix === undefined) return
          if (step.kind === 'insert') {
            trie.insert(prefix.address, prefix.bits, value)
            model.insert(prefix, value)
            known.push(prefix)
          } else {
            trie.remove(prefix.address, prefix.bits)
            model.remove(prefix)
          }
        })
        for (const address of [...asked, ...known.map((prefix) => prefix.address)]) {
          expect(trie.lookup(address, 0, address.length as 4 | 16)).toBe(model.lookup(address))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('finds the longest of the prefixes that lie within each other, in whatever order they came', () => {
    const address = Uint8Array.of(10, 1, 2, 3)
    const lengths = [0, 5, 8, 14, 16, 22, 24, 27, 32]
    for (const order of [lengths, lengths.toReversed()]) {
      const trie = new PrefixTrie<number>()
      for (const bits of order) trie.insert(address, bits, bits)
      for (const longest of lengths.toReversed()) {
        expect(trie.lookup(address, 0, 4)).toBe(longest)
        trie.remove(address, longest)
      }
      expect(trie.lookup(address, 0, 4)).toBeUndefined()
    }
  })

  it('reads the address at an offset of a packet', () => {
    const trie = new PrefixTrie<string>()
    trie.insert(Uint8Array.of(10, 1, 0, 0), 16, 'home')
    const packet = new Uint8Array(40)
    packet.set([10, 1, 2, 3], 16)
    expect(trie.lookup(packet, 16, 4)).toBe('home')
    expect(trie.lookup(packet, 12, 4)).toBeUndefined()
  })

  it('keeps IPv4 and IPv6 apart, also where the prefix has no bits', () => {
    const trie = new PrefixTrie<string>()
    trie.insert(new Uint8Array(4), 0, 'four')
    expect(trie.lookup(Uint8Array.of(1, 2, 3, 4), 0, 4)).toBe('four')
    expect(trie.lookup(new Uint8Array(16), 0, 16)).toBeUndefined()
    trie.insert(new Uint8Array(16), 0, 'six')
    expect(trie.lookup(new Uint8Array(16).fill(1), 0, 16)).toBe('six')
    expect(trie.remove(new Uint8Array(4), 0)).toBe('four')
    expect(trie.lookup(Uint8Array.of(1, 2, 3, 4), 0, 4)).toBeUndefined()
  })

  it('says what it replaced and what it removed', () => {
    const trie = new PrefixTrie<string>()
    const address = Uint8Array.of(10, 0, 0, 1)
    expect(trie.insert(address, 24, 'a')).toBeUndefined()
    expect(trie.insert(Uint8Array.of(10, 0, 0, 200), 24, 'b')).toBe('a')
    expect(trie.size).toBe(1)
    expect(trie.remove(address, 24)).toBe('b')
    expect(trie.remove(address, 24)).toBeUndefined()
    expect(trie.size).toBe(0)
  })

  it('refuses prefixes that cannot be', () => {
    const trie = new PrefixTrie<string>()
    expect(() => trie.insert(new Uint8Array(4), 33, 'x')).toThrow(RangeError)
    expect(() => trie.insert(new Uint8Array(5), 8, 'x')).toThrow(RangeError)
    expect(() => trie.insert(new Uint8Array(16), -1, 'x')).toThrow(RangeError)
  })
})
