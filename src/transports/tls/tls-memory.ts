import { BufferPool } from '../../core/bytes/partial-frame-buffer.js'
import type { Region } from '../../native/base/arena.js'
import { loadKoffi } from '../../native/base/koffi.js'
import type { Native } from '../../native/base/native.js'
import { type AesGcm, bindAesGcm, type GcmKeyBits } from '../../native/crypto/aes-gcm.js'
import { bindOpenSsl, type OpenSsl, TagParameters } from '../../native/crypto/openssl.js'
import { MAX_BYTES } from '../../native/sockets/stream-output.js'
import { HEADER_BYTES, IV_BYTES, MAX_CONTENT, OVERHEAD, TAG_BYTES } from './record.js'
import { EvpRecordCipher, GcmRecordCipher, type RecordCipher } from './record-cipher.js'

/** Bytes that one call reads at the most, with the beginning of a record that was read before. */
export const SEALED_INPUT_BYTES = 1 << 20
/** Records that one call sends at the most: those of a full output, and two for KeyUpdates. */
const MAX_RECORDS = MAX_BYTES / MAX_CONTENT + 2
/** Bytes of all records that one call sends. */
const SEALED_OUTPUT_BYTES = MAX_RECORDS * (MAX_CONTENT + OVERHEAD)

/** Where the parts of the working memory are. */
const [NONCE_AT, KEY_AT, WRITTEN_AT] = [0, 64, 128]
const WORK_BYTES = 192

/** Bits of the keys of what has a faster way than EVP. */
const GCM_KEYS: Readonly<Record<string, GcmKeyBits>> = { 'AES-128-GCM': 128, 'AES-256-GCM': 256 }
/** Bytes of a text that is sealed both ways, to see whether they agree: some blocks and a part of one. */
const TRIED = 100

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
  readonly tag: TagParameters
  readonly #ciphers = new Map<string, number>()
  /** By algorithm; undefined if there is no such way here. */
  readonly #gcm = new Map<string, AesGcm | undefined>()

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
    this.input = arena.reserve(SEALED_INPUT_BYTES)
    this.output = arena.reserve(SEALED_OUTPUT_BYTES)
  }

  /** The address of an AEAD's implementation. */
  cipher(name: string): number {
    const known = this.#ciphers.get(name) ?? this.openSsl.fetchCipher(name)
    this.#ciphers.set(name, known)
    return known
  }

  /** What seals and opens by an algorithm with the key in `key`. */
  recordCipher(algorithm: string): RecordCipher {
    const gcm = this.#fasterWay(algorithm)
    return gcm === undefined ? new EvpRecordCipher(this, algorithm) : new GcmRecordCipher(this, gcm)
  }

  /** The way past EVP, if it is there and seals as EVP does. */
  #fasterWay(algorithm: string): AesGcm | undefined {
    const bits = GCM_KEYS[algorithm]
    if (bits === undefined || this.#gcm.has(algorithm)) return this.#gcm.get(algorithm)
    let gcm: AesGcm | undefined
    try {
      gcm = bindAesGcm(loadKoffi(), bits)
      if (!this.#agree(new GcmRecordCipher(this, gcm), new EvpRecordCipher(this, algorithm))) gcm = undefined
    } catch {} // EVP does the work
    this.#gcm.set(algorithm, gcm)
    return gcm
  }

  /** Whether both seal alike. They are freed. */
  #agree(...ciphers: readonly RecordCipher[]): boolean {
    const { address, bytes } = this.output
    const sealed = ciphers.map((cipher) => {
      bytes.fill(0, 0, HEADER_BYTES + TRIED)
      const isDone = cipher.seal(address, address + HEADER_BYTES, TRIED, address + HEADER_BYTES)
      cipher.free()
      return isDone ? Buffer.from(bytes.subarray(0, HEADER_BYTES + TRIED + TAG_BYTES)) : undefined
    })
    bytes.fill(0, 0, HEADER_BYTES + TRIED + TAG_BYTES)
    return sealed[0] !== undefined && sealed[1]?.equals(sealed[0]) === true
  }
}
