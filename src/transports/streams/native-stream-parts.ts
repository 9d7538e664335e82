import { HEADROOM, TAILROOM } from '../../core/api/packet.js'
import { BufferPool } from '../../core/bytes/partial-frame-buffer.js'
import type { Region } from '../../native/base/arena.js'
import { type Native, native } from '../../native/base/native.js'
import { StreamOutput } from '../../native/sockets/stream-output.js'
import { RouteMtus } from '../net/route-mtus.js'
import { TlsMemory } from '../tls/tls-memory.js'

/** Bytes that one call reads at the most, with the beginning of a frame that was read before. */
export const INPUT_BYTES = 1 << 20

/** What all links on bare descriptors share: nothing of it is in use between two calls. */
export class NativeStreamParts {
  readonly native: Native
  readonly output: StreamOutput
  /** Where bytes are read to; packets are opened and written to the host from where they lie in it. */
  readonly input: Region
  /** Offset in the arena of what is read, with room before it. */
  readonly inputAt: number
  /** For what links keep from one read to the next. */
  readonly pool = new BufferPool()
  readonly routeMtus = new RouteMtus()
  #tls: TlsMemory | undefined

  static #ofProcess: NativeStreamParts | undefined

  /**
   * The ones of this process, for all tunnels in it.
   *
   * @throws QanatError ERR_NATIVE if the system cannot be called directly.
   */
  static ofProcess(): NativeStreamParts {
    NativeStreamParts.#ofProcess ??= new NativeStreamParts(native())
    return NativeStreamParts.#ofProcess
  }

  constructor(native: Native) {
    this.native = native
    this.output = new StreamOutput(native.arena)
    this.input = native.arena.reserve(HEADROOM + INPUT_BYTES + TAILROOM)
    this.inputAt = this.input.offset + HEADROOM
  }

  /**
   * What connections with TLS share, made for the first of them.
   *
   * @throws QanatError ERR_NATIVE if OpenSSL cannot be called.
   */
  get tls(): TlsMemory {
    this.#tls ??= new TlsMemory(this.native, this.pool)
    return this.#tls
  }
}
