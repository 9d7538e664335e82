import type { Arena, Region } from './arena.js'
import type { Koffi } from './koffi.js'
import { errnoName } from './libc.js'

export const READABLE = 1
export const WRITABLE = 2

/** libuv's type number of uv_poll_t (uv.h, UV_HANDLE_TYPE_MAP). */
const UV_POLL = 8

/** Watches one descriptor on the main thread's loop; a wake-up costs about 4 microseconds. */
export interface Watcher {
  /** Watches for these events from now on: READABLE, WRITABLE, both, or 0 for none. */
  want(events: number): void
  /** Stops watching. Resolves once libuv has let go of the descriptor, which may be closed then. */
  close(): Promise<void>
}

interface Handle {
  readonly region: Region
  wanted: number
  onEvents: (events: number) => void
  onError: (error: unknown) => void
  /** Resolves once libuv has let go of it; undefined until it is closed. */
  closing: Promise<void> | undefined
  closed: () => void
}

/**
 * Readiness of descriptors by libuv's own uv_poll. One C callback serves all handles: JavaScript keeps it, and
 * every handle's memory, referenced for as long as libuv may use them.
 *
 * For the main thread only: uv_default_loop in a worker is the main thread's loop.
 */
export class Watchers {
  readonly #arena: Arena
  readonly #loop: number
  readonly #handleBytes: number
  readonly #onPoll: unknown
  readonly #onClose: unknown
  readonly #init: (loop: number, handle: number, fd: number) => number
  readonly #start: (handle: number, events: number, callback: unknown) => number
  readonly #stop: (handle: number) => number
  readonly #close: (handle: number, callback: unknown) => void
  /** By their memory's offset in the arena: V8 hashes such small numbers faster than addresses. */
  readonly #handles = new Map<number, Handle>()
  /** Called at each wake-up, before what is there is dealt with. */
  woke: () => void = () => {}
  /** Whether Node lets promises go on when a callback of C returned; undefined until one did. Node 26 does not. */
  #settles: boolean | undefined
  #turnComes = false

  constructor(koffi: Koffi, arena: Arena) {
    const node = koffi.load(null) // the node binary exports its own libuv
    this.#arena = arena
    this.#loop = Number(koffi.address(node.func('void* uv_default_loop()')()))
    this.#handleBytes = Number(node.func('size_t uv_handle_size(int)')(UV_POLL))
    const pollCallback = koffi.proto('void qanat_poll_callback(uintptr_t handle, int status, int events)')
    const closeCallback = koffi.proto('void qanat_close_callback(uintptr_t handle)')
    this.#init = node.func('int uv_poll_init(uintptr_t loop, uintptr_t handle, int fd)')
    this.#start = node.func('int uv_poll_start(uintptr_t handle, int events, qanat_poll_callback* callback)')
    this.#stop = node.func('int uv_poll_stop(uintptr_t handle)')
    this.#close = node.func('void uv_close(uintptr_t handle, qanat_close_callback* callback)')
    this.#onPoll = koffi.register(
      (address: number, status: number, events: number) => this.#polled(Number(address), status, events),
      koffi.pointer(pollCallback),
    )
    this.#onClose = koffi.register(
      (address: number) => this.#closed(Number(address)),
      koffi.pointer(closeCallback),
    )
  }

  /**
   * Watches `fd` for reading. `onEvents` is called with READABLE and WRITABLE bits whenever a wanted event is
   * there, again and again until it is dealt with; what it throws goes to `onError`, since nothing thrown
   * crosses C.
   */
  watch(fd: number, onEvents: (events: number) => void, onError: (error: unknown) => void): Watcher {
    const region = this.#arena.reserve(this.#handleBytes)
    const { address } = region
    const handle: Handle = { region, wanted: READABLE, onEvents, onError, closing: undefined, closed() {} }
    const failure = this.#init(this.#loop, address, fd)
    if (failure < 0) {
      region.release()
      throw new Error(`Cannot watch descriptor ${fd}: the kernel says ${errnoName(-failure)}`)
    }
    this.#handles.set(region.offset, handle)
    this.#start(address, READABLE, this.#onPoll)
    return {
      want: (events) => {
        if (handle.closing !== undefined || events === handle.wanted) return
        handle.wanted = events
        if (events === 0) this.#stop(address)
        else this.#start(address, events, this.#onPoll)
      },
      close: () => {
        handle.closing ??= new Promise((resolve) => {
          handle.closed = resolve
          this.#close(address, this.#onClose)
        })
        return handle.closing
      },
    }
  }

  #polled(address: number, status: number, events: number): void {
    const handle = this.#handles.get(this.#offset(address))
    if (handle === undefined || handle.closing !== undefined) return
    if (this.#settles !== true) this.#takeTurn()
    try {
      this.woke()
      handle.onEvents(status < 0 ? handle.wanted : events)
    } catch (thrown) {
      tell(handle, thrown)
    }
    // libuv stops a watcher on POLLERR, as after an ICMP error on a UDP socket.
    if (status < 0 && handle.closing === undefined && handle.wanted !== 0) {
      this.#start(address, handle.wanted, this.#onPoll)
    }
  }

  /** Lets promises go on in this turn of the loop: Node does so after each callback of its own, such as this one. */
  #takeTurn(): void {
    if (this.#turnComes) return
    this.#turnComes = true
    let settled = false
    if (this.#settles === undefined) {
      queueMicrotask(() => {
        settled = true
      })
    }
    setImmediate(() => {
      this.#turnComes = false
      this.#settles ??= settled
    })
  }

  #offset(address: number): number {
    return (address - this.#arena.address(0)) | 0
  }

  #closed(address: number): void {
    const handle = this.#handles.get(this.#offset(address))
    if (handle === undefined) return
    this.#handles.delete(handle.region.offset)
    handle.region.release()
    // Node does not look after promises here: they would go on when something else happens, if ever.
    setImmediate(handle.closed)
  }
}

/** What `onError` throws in its turn is a bug of the process. */
function tell(handle: Handle, thrown: unknown): void {
  try {
    handle.onError(thrown)
  } catch (bug) {
    queueMicrotask(() => {
      throw bug
    })
  }
}
