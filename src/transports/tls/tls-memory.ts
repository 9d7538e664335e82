import { BufferPool } from '../../core/bytes/partial-frame-buffer.js'
import type { Region } from '../../native/base/arena.js'
import { loadKoffi } from '../../native/base/koffi.js'
import type { Native } from '../../native/base/native.js'
import { bindOpenSsl, type OpenSsl, TagParameters } from '../../native/crypto/openssl.js'
import { MAX_BYTES } from '../../native/sockets/stream-output.js'
import { IV_BYTES, MAX_CONTENT, OVERHEAD, TAG_BYTES } from './record.js'

/** Bytes that one call reads at the most, with the beginning of a record that was read before. */
export const SEALED_INPUT_BYTES = 1 << 20
/** Records that one call sends at the most: those of a full output, and two for KeyUpdates. */
const MAX_RECORDS = MAX_BYTES / MAX_CONTENT + 2
/** Bytes of all records that one call sends. */
const SEALED_OUTPUT_BYTES = MAX_RECORDS * (MAX_CONTENT + OVERHEAD)

/** Where the parts of the working memory are. */
const [NONCE_AT, KEY_AT, WRITTEN_AT, SMALL_AT] = [0, 64, 128, 192]
const WORK_BYTES = 256

/** OpenSSL, and the memory that all connections with TLS share: nothing of it is in use between two calls. */
export class TlsMemory {
  readonly native: Native
  readonly pool: BufferPool
  readonly openSsl: OpenSsl
  /** Records as they were read. */
  readonly input: Region
  /** Records as they are sent. */
  readonly output: Region
  readonly nonce: DataView
  readonly nonceAddress: number
  readonly keyAddress: number
  readonly key: Uint8Array
  /** Where OpenSSL writes lengths that nobody asks for. */
  readonly writtenAddress: number
  /** A few bytes to be sealed: a type, an alert. */
  readonly small: Uint8Array
  readonly smallAddress: number
  readonly tag: TagParameters
  readonly #ciphers = new Map<string, number>()

  /** @throws QanatError ERR_NATIVE where OpenSSL cannot be called. */
  constructor(native: Native, pool = new BufferPool()) {
    const { arena } = native
    this.native = native
    this.pool = pool
    this.openSsl = bindOpenSsl(loadKoffi())
    this.tag = new TagParameters(arena, TAG_BYTES)
    const work = arena.reserve(WORK_BYTES)
    this.nonce = new DataView(arena.view.buffer, work.offset + NONCE_AT, IV_BYTES)
    this.nonceAddress = work.address + NONCE_AT
    this.key = work.bytes.subarray(KEY_AT, KEY_AT + 32)
    this.keyAddress = work.address + KEY_AT
    this.writtenAddress = work.address + WRITTEN_AT
    this.small = work.bytes.subarray(SMALL_AT)
    this.smallAddress = work.address + SMALL_AT
    this.input = arena.reserve(SEALED_INPUT_BYTES)
    this.output = arena.reserve(SEALED_OUTPUT_BYTES)
  }

  /** The address of an AEAD's implementation. */
  cipher(name: string): number {
    const known = this.#ciphers.get(name) ?? this.openSsl.fetchCipher(name)
    this.#ciphers.set(name, known)
    return known
  }
}
