import { type AesGcm, GcmContext } from '../../native/crypto/aes-gcm.js'
import type { OpenSsl } from '../../native/crypto/openssl.js'
import { HEADER_BYTES } from './record.js'
import type { TlsMemory } from './tls-memory.js'

/** One key, for records whose nonce lies in the memory. Addresses are of the arena; the tag lies behind a sealed text. */
export interface RecordCipher {
  /** Seals a text of `length` bytes from one address to another. False if OpenSSL failed. */
  seal(header: number, from: number, length: number, to: number): boolean
  /** Opens such a text; false if it is not authentic, and useless then. */
  open(header: number, from: number, length: number, to: number): boolean
  /** Forgets the key. The object must not be used afterwards. */
  free(): void
}

/** By the two calls behind EVP. */
export class GcmRecordCipher implements RecordCipher {
  readonly #context: GcmContext

  /** Takes the key that lies in the memory. */
  constructor(memory: TlsMemory, gcm: AesGcm) {
    this.#context = new GcmContext(gcm, memory.keyAddress, memory.nonceAddress)
  }

  seal(header: number, from: number, length: number, to: number): boolean {
    return this.#context.seal(header, HEADER_BYTES, from, length, to)
  }

  open(header: number, from: number, length: number, to: number): boolean {
    return this.#context.open(header, HEADER_BYTES, from, length, to)
  }

  free(): void {
    this.#context.free()
  }
}

/** By OpenSSL's EVP functions: any algorithm. */
export class EvpRecordCipher implements RecordCipher {
  readonly #memory: TlsMemory
  readonly #openSsl: OpenSsl
  readonly #context: number

  /** Takes the key that lies in the memory. Throws if OpenSSL fails. */
  constructor(memory: TlsMemory, algorithm: string) {
    const { openSsl } = memory
    this.#memory = memory
    this.#openSsl = openSsl
    this.#context = openSsl.newContext()
    const cipher = memory.cipher(algorithm)
    if (openSsl.encryptInit(this.#context, cipher, memory.keyAddress, memory.nonceAddress, 0) === 1) return
    openSsl.freeContext(this.#context)
    throw new Error('Cannot use a TLS key: OpenSSL failed')
  }

  seal(header: number, from: number, length: number, to: number): boolean {
    const openSsl = this.#openSsl
    const context = this.#context
    const { nonceAddress, tag, writtenAddress } = this.#memory
    let done = openSsl.encryptInit(context, 0, 0, nonceAddress, 0)
    done &= openSsl.encryptUpdate(context, 0, writtenAddress, header, HEADER_BYTES)
    done &= openSsl.encryptUpdate(context, to, writtenAddress, from, length)
    done &= openSsl.encryptFinal(context, to + length, writtenAddress)
    done &= openSsl.getParameters(context, tag.at(to + length))
    return done === 1
  }

  open(header: number, from: number, length: number, to: number): boolean {
    const openSsl = this.#openSsl
    const context = this.#context
    const { nonceAddress, tag, writtenAddress } = this.#memory
    let done = openSsl.decryptInit(context, 0, 0, nonceAddress, tag.at(from + length))
    done &= openSsl.decryptUpdate(context, 0, writtenAddress, header, HEADER_BYTES)
    done &= openSsl.decryptUpdate(context, to, writtenAddress, from, length)
    return openSsl.decryptFinal(context, to + length, writtenAddress) === 1 && done === 1
  }

  free(): void {
    this.#openSsl.freeContext(this.#context)
  }
}
