import { QanatError } from '../../core/api/errors.js'
import { bufferOf, offsetOf } from '../../core/bytes/views.js'
import type { Koffi } from './koffi.js'
import { errnoName } from './libc.js'

/** Bytes of address space. Pages that nobody touches cost no memory. */
export const ARENA_BYTES = 2 ** 30
/** Bytes. Regions start on cache lines. */
const ALIGNMENT = 64
/**
 * Bytes before the first region and behind the last that are nobody's: code that works with whole blocks may go a little beyond
 * either end, if it leaves there what it finds.
 */
const MARGIN = 64

/**
 * Where the arena is asked to begin, so that it ends below 2^31: there V8 has addresses as small whole numbers, not as objects, and
 * koffi reads them faster. If something is there already, such as malloc's heap, the kernel puts it anywhere.
 */
const LOW = 0x3ff0_0000

/** bits/mman-linux.h */
const MADV_DONTNEED = 4
const PROT_READ_WRITE = 0x1 | 0x2
const MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x02 | 0x20 | 0x4000
/** What mmap returns if it fails: -1 as an address. */
const MAP_FAILED = 2n ** 64n - 1n

/** A piece of the arena. */
export interface Region {
  /** Where it starts in the arena's `bytes` and `view`. */
  readonly offset: number
  readonly length: number
  /** Where it starts in the process. */
  readonly address: number
  readonly bytes: Uint8Array
  /** Gives the region back. It must not be used afterwards. */
  release(): void
}

/**
 * Memory whose addresses never change, for whatever the kernel, libuv or OpenSSL is given a pointer to. A small
 * Buffer lives on V8's heap and may move: an address taken from one corrupts memory later.
 */
export class Arena {
  /** All of the arena. Views into it are the ones that `addressOf` knows. */
  readonly bytes: Uint8Array
  /** The same, for numbers. */
  readonly view: DataView
  readonly #buffer: ArrayBufferLike
  readonly #base: number
  readonly #advise: (address: number, length: number, advice: number) => number
  /** Bytes of a page of the kernel's: 4 KiB, on some ARM systems 16 or 64. */
  readonly #page: number
  /** Offsets of released regions, by their size class. */
  readonly #free = new Map<number, number[]>()
  #used = MARGIN

  /** @throws QanatError ERR_NATIVE if the system gives no memory. */
  constructor(koffi: Koffi) {
    const libc = koffi.load('libc.so.6')
    this.#advise = libc.func('int madvise(uintptr_t, size_t, int)')
    this.#page = libc.func('int getpagesize(void)')()
    const mmap = libc.func(
      'void* mmap(uintptr_t address, size_t length, int protection, int flags, int fd, long offset)',
    )
    const memory = mmap(LOW, ARENA_BYTES + MARGIN, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0)
    const address = koffi.address(memory)
    if (address === MAP_FAILED) {
      const why = `the kernel says ${errnoName(koffi.errno())}`
      throw new QanatError(`Cannot reserve ${ARENA_BYTES} bytes of address space: ${why}`, {
        code: 'ERR_NATIVE',
      })
    }
    this.#base = Number(address)
    this.#buffer = koffi.view(memory, ARENA_BYTES + MARGIN)
    this.bytes = new Uint8Array(this.#buffer)
    this.view = new DataView(this.#buffer)
  }

  /** Reserves at least one byte of memory, zeroed unless asked otherwise. Throws a RangeError when the arena is full. */
  reserve(length: number, zeroed = true): Region {
    if (!(Number.isSafeInteger(length) && length > 0)) {
      throw new RangeError(`Cannot reserve ${length} bytes: it must be a whole number from 1 on`)
    }
    const rounded = sizeClass(length)
    const used = this.#free.get(rounded)?.pop()
    const offset = used ?? this.#grow(rounded)
    const bytes = this.bytesAt(offset, length)
    if (zeroed && used !== undefined) bytes.fill(0) // new memory is zeroed, and costs nothing until it is touched
    let released = false
    const release = () => {
      if (released) return
      released = true
      const list = this.#free.get(rounded)
      if (list === undefined) this.#free.set(rounded, [offset])
      else list.push(offset)
    }
    return { offset, length, address: this.#base + offset, bytes, release }
  }

  /** Gives the pages of released regions back to the kernel, which maps zeroed ones when they are used again. */
  trim(): void {
    const page = this.#page // whole ones: the kernel rounds a length up, into what others have
    for (const [length, offsets] of this.#free) {
      for (const offset of offsets) {
        const from = Math.ceil((this.#base + offset) / page) * page
        const to = Math.floor((this.#base + offset + length) / page) * page
        if (to > from) this.#advise(from, to - from, MADV_DONTNEED)
      }
    }
  }

  /** A view of `length` bytes from an offset on. */
  bytesAt(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer, offset, length)
  }

  /** The address of a view's first byte, or undefined for a view of other memory, which the caller copies in. */
  addressOf(bytes: Uint8Array): number | undefined {
    return bufferOf(bytes) === this.#buffer ? this.#base + offsetOf(bytes) : undefined
  }

  /** The address of an offset within the arena. */
  address(offset: number): number {
    return this.#base + offset
  }

  #grow(length: number): number {
    const offset = this.#used
    if (offset + length > ARENA_BYTES) {
      throw new RangeError(`Cannot reserve ${length} bytes: the native arena of ${ARENA_BYTES} bytes is full`)
    }
    this.#used += length
    return offset
  }
}

/**
 * Bytes that a region of this length takes: four classes for each doubling, so that whoever wants about as much can have
 * what was released, and at most a quarter is nobody's. What is not touched of it costs address space only.
 */
export function sizeClass(length: number): number {
  const step = Math.max(ALIGNMENT, 2 ** (Math.floor(Math.log2(length - 1)) - 2))
  return Math.ceil(length / step) * step
}
