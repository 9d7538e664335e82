import type { Arena, Region } from './arena.js'
import type { Koffi } from './koffi.js'

/** Bytes of a set of CPUs, enough for 8,192 of them. The kernel refuses a set that has no room for all it may know. */
const SET_BYTES = 1024
/** The calling thread, where the kernel takes a thread's number. */
const THIS_THREAD = 0

/** The CPUs that the calling thread may run on. Threads and processes that it starts afterwards inherit them. */
export class CpuAffinity {
  readonly #memory: Region
  readonly #getCpu: () => number
  readonly #get: (thread: number, bytes: number, set: number) => number
  readonly #set: (thread: number, bytes: number, set: number) => number

  constructor(koffi: Koffi, arena: Arena) {
    const libc = koffi.load('libc.so.6')
    this.#memory = arena.reserve(SET_BYTES)
    this.#getCpu = libc.func('int sched_getcpu()')
    this.#get = libc.func('int sched_getaffinity(int, size_t, uintptr_t)')
    this.#set = libc.func('int sched_setaffinity(int, size_t, uintptr_t)')
  }

  /** The set, to be passed to `allow` again; undefined if the kernel does not tell. */
  allowed(): Uint8Array | undefined {
    const { address, bytes } = this.#memory
    bytes.fill(0)
    return this.#get(THIS_THREAD, SET_BYTES, address) < 0 ? undefined : Uint8Array.from(bytes)
  }

  /** Allows a set of CPUs. False if the kernel refuses, which leaves things as they are. */
  allow(set: Uint8Array): boolean {
    const { address, bytes } = this.#memory
    bytes.fill(0)
    bytes.set(set)
    return this.#set(THIS_THREAD, SET_BYTES, address) === 0
  }

  /** A set of the CPU that the thread runs on and no other; undefined if the kernel does not tell. */
  current(): Uint8Array | undefined {
    const cpu = this.#getCpu()
    if (!(cpu >= 0 && cpu < 8 * SET_BYTES)) return undefined
    const set = new Uint8Array(SET_BYTES)
    set[cpu >>> 3] = 1 << (cpu & 7)
    return set
  }
}
