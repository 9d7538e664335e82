import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Arena, type Region, sizeClass } from '../../../src/native/base/arena.js'
import { type Koffi, loadKoffi } from '../../../src/native/base/koffi.js'
import { native } from '../../../src/native/base/native.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

const SIZE = 2 ** 30
const newArena = () => new Arena(loadKoffi())

describe.skipIf(nativeMissing)(orSkipped('Arena', nativeMissing), () => {
  it('reserves zeroed memory on cache lines, which nobody else has', () => {
    const arena = newArena()
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 20 }), (lengths) => {
        const regions = lengths.map((length) => arena.reserve(length))
        for (const { address, bytes } of regions) {
          expect(address % 64).toBe(0)
          expect(bytes.every((byte) => byte === 0)).toBe(true)
        }
        for (const [index, { bytes }] of regions.entries()) bytes.fill(index + 1)
        for (const [index, { bytes, length, offset, release }] of regions.entries()) {
          expect(length).toBe(lengths[index])
          expect(bytes).toHaveLength(length)
          expect(bytes.every((byte) => byte === index + 1)).toBe(true)
          expect(arena.view.getUint8(offset + length - 1)).toBe(index + 1)
          release()
        }
      }),
    )
  })

  it('gives memory that was released to the next one who wants about as much', () => {
    const arena = newArena()
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 22 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (most, share) => {
          const class_ = sizeClass(most)
          expect(class_ % 64).toBe(0)
          expect(class_).toBeGreaterThanOrEqual(most)
          expect(class_).toBeLessThanOrEqual(Math.max(most + 63, most * 1.25))
          const less = Math.ceil(most * (1 - share * 0.01))
          const first = arena.reserve(most)
          first.release()
          const second = arena.reserve(less)
          if (sizeClass(less) === class_) expect(second.offset).toBe(first.offset)
          second.release()
        },
      ),
    )
    expect(new Set(Array.from({ length: 2 ** 20 }, (_, index) => sizeClass(index + 1))).size).toBe(52)
  })

  it('gives the kernel back what was released and nothing else, which comes back zeroed', () => {
    const arena = newArena()
    const regions = [1, 2, 3].map(() => arena.reserve(100_000))
    for (const { bytes } of regions) bytes.fill(7)
    regions[1]!.release()
    arena.trim()
    expect(regions[0]!.bytes.every((byte) => byte === 7)).toBe(true)
    expect(regions[2]!.bytes.every((byte) => byte === 7)).toBe(true)
    // Whole pages alone are given back, of which the middle one is.
    expect(regions[1]!.bytes[50_000]).toBe(0)
    const again = arena.reserve(100_000)
    expect(again.offset).toBe(regions[1]!.offset)
    expect(again.bytes.every((byte) => byte === 0)).toBe(true)
  })

  it.each([4_096, 16_384, 65_536])('gives back whole pages of %i bytes, and nothing beside them', (page) => {
    const koffi = loadKoffi()
    const given: (readonly [from: number, length: number])[] = []
    const calls: Record<string, (...args: number[]) => number> = {
      getpagesize: () => page,
      madvise: (from, length) => given.push([from!, length!]),
    }
    const load = (name: string) => {
      const library = koffi.load(name)
      return { func: (signature: string) => calls[/(\w+)\(/.exec(signature)![1]!] ?? library.func(signature) }
    }
    const arena = new Arena({ ...koffi, load } as unknown as Koffi)
    const [, middle] = [5_000, 200_000, 5_000].map((length) => arena.reserve(length))
    middle!.release()
    arena.trim()
    expect(given).toHaveLength(1)
    const [[from, length]] = given as [readonly [number, number]]
    expect([from % page, length % page]).toEqual([0, 0])
    expect(from).toBeGreaterThanOrEqual(middle!.address)
    expect(from + length).toBeLessThanOrEqual(middle!.address + sizeClass(200_000))
  })

  it('gives memory that was released to the next one who wants as much, zeroed', () => {
    const arena = newArena()
    const first = arena.reserve(100)
    first.bytes.fill(7)
    first.release()
    first.release()
    const [second, third] = [arena.reserve(120), arena.reserve(100)]
    expect(second.address).toBe(first.address)
    expect(third.address).not.toBe(first.address)
    expect(second.bytes.every((byte) => byte === 0)).toBe(true)
  })

  it('knows the address of its own views, and no others', () => {
    const arena = newArena()
    const { address, bytes, offset } = arena.reserve(100)
    expect(arena.addressOf(bytes)).toBe(address)
    expect(arena.addressOf(arena.bytesAt(offset + 20, 30))).toBe(address + 20)
    expect(arena.bytesAt(offset + 20, 30)).toHaveLength(30)
    expect(arena.addressOf(bytes.subarray(10, 20))).toBe(address + 10)
    expect(arena.addressOf(Buffer.from(bytes.buffer, bytes.byteOffset + 3, 5))).toBe(address + 3)
    expect(arena.addressOf(new Uint8Array(100))).toBeUndefined()
    expect(arena.addressOf(Buffer.from('small'))).toBeUndefined()
    expect(arena.addressOf(newArena().reserve(100).bytes)).toBeUndefined()
  })

  it('has bytes before the first region that are nobody’s', () => {
    expect(newArena().reserve(1).offset).toBe(64)
  })

  it('says so when it is full, and goes on when something was released', () => {
    const arena = newArena()
    const half: Region = arena.reserve(SIZE / 2)
    arena.reserve(SIZE / 4)
    for (let rest = SIZE / 8; rest >= 128; rest /= 2) arena.reserve(rest)
    expect(() => arena.reserve(65)).toThrow(
      new RangeError(`Cannot reserve 128 bytes: the native arena of ${SIZE} bytes is full`),
    )
    expect(arena.reserve(64).offset).toBe(SIZE - 64)
    expect(() => arena.reserve(1)).toThrow(RangeError)
    half.release()
    expect(arena.reserve(SIZE / 2).offset).toBe(64)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses to reserve %d bytes, and is whole after it',
    (length) => {
      const arena = newArena()
      expect(() => arena.reserve(length)).toThrow(RangeError)
      expect(arena.reserve(1).offset).toBe(64)
    },
  )

  it('asks for a place that ends below 2^31, where addresses are small whole numbers, and takes another one', () => {
    const asked: number[][] = []
    const mapped = (move: number) => {
      const koffi = loadKoffi()
      const load = (path: string | null) => {
        const library = koffi.load(path)
        const func = (definition: string) => {
          const call = library.func(definition)
          return (...given: number[]) => {
            if (!definition.includes(' mmap(')) return call(...given)
            asked.push(given)
            return call(given[0]! * move, ...given.slice(1))
          }
        }
        return { ...library, func }
      }
      return new Arena({ ...koffi, load } as unknown as Koffi)
    }
    for (const move of [1, 2 ** 16]) {
      const { address, bytes } = mapped(move).reserve(100)
      bytes.fill(7)
      expect(address % 64).toBe(0)
    }
    expect(asked.map(([address, length]) => address! > 0 && address! + length! < 2 ** 31)).toEqual([
      true,
      true,
    ])
  })

  it('cannot be made where the system gives no memory', () => {
    const koffi = loadKoffi()
    const poor = {
      load: () => ({ func: () => () => 2n ** 64n - 1n }),
      address: koffi.address,
      errno: () => 12,
    } as unknown as Koffi
    expect(() => new Arena(poor)).toThrow(
      expect.objectContaining({
        name: 'QanatError',
        code: 'ERR_NATIVE',
        message: 'Cannot reserve 1073741824 bytes of address space: the kernel says ENOMEM',
      }),
    )
  })
})

describe.skipIf(nativeMissing)(orSkipped('native', nativeMissing), () => {
  it('is one for the process', () => {
    expect(native()).toBe(native())
  })
})

describe('loadKoffi', () => {
  it('does without where it is told to', () => {
    process.env.QANAT_NO_NATIVE = '1'
    try {
      expect(loadKoffi).toThrow(
        expect.objectContaining({
          code: 'ERR_NATIVE',
          message: 'Cannot call the system directly: QANAT_NO_NATIVE is set',
        }),
      )
    } finally {
      delete process.env.QANAT_NO_NATIVE
    }
  })
})
