import { getFips } from 'node:crypto'
import { QanatError } from '../../core/api/errors.js'
import type { Koffi } from '../base/koffi.js'

/** The numbers of a provider's functions in its table, and how many words an entry has. openssl/core_dispatch.h */
const FUNCTIONS = { newContext: 1, encryptInit: 2, decryptInit: 3, freeContext: 7 } as const
const ENTRY_WORDS = 2
const ENTRY_BYTES = 8 * ENTRY_WORDS
/** Entries among which the one that ends the table has to be. */
const MAX_ENTRIES = 32
/** The members of struct prov_gcm_hw_st in order, as all of OpenSSL 3 has them. prov/ciphercommon_gcm.h */
const HARDWARE = ['setKey', 'setIv', 'addAssociated', 'addText', 'end', 'oneShot'] as const

/** Bytes. NIST SP 800-38D */
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Bits of a key. */
export type GcmKeyBits = 128 | 256

/**
 * AES-GCM as OpenSSL's provider has it behind EVP, from the OpenSSL inside node itself. Addresses are numbers, of the arena
 * or from OpenSSL; the caller has checked the lengths. Results are 1, or 0 for failure.
 */
export interface AesGcm {
  /** The address of a new context for the key at an address, which is copied. It seals until told otherwise. */
  newContext(key: number): number
  /** Overwrites the context's key with zeros, and frees it. */
  freeContext(context: number): void
  /** Makes a context one that seals, or that opens, with the key it has. */
  setDirection(context: number, seals: boolean): number
  /** Begins a text with a nonce of `length` bytes. */
  setIv(context: number, nonce: number, length: number): number
  /**
   * Seals or opens a text that `setIv` began, from anywhere to anywhere. To seal, it writes the tag of 16 bytes; to open, it
   * compares with that, and writes the text whether or not it is authentic.
   */
  oneShot(
    context: number,
    associated: number,
    associatedLength: number,
    from: number,
    length: number,
    to: number,
    tag: number,
    tagLength: number,
  ): number
}

/**
 * Binds the functions. Throws if they are not there or not as they are known: they are not part of what OpenSSL promises to
 * keep. The last member of the provider's structure has to be the function that it is known to be.
 */
export function bindAesGcm(koffi: Koffi, keyBits: GcmKeyBits): AesGcm {
  if (getFips() !== 0) refuse('FIPS mode leaves the choice to EVP')
  const node = koffi.load(null)
  const words = (from: unknown, count: number, offset = 0): BigUint64Array =>
    koffi.decode(from, offset, koffi.array('uint64_t', count))
  const bound = <Type>(address: bigint | undefined, definition: string): Type => {
    if (address === undefined || address === 0n) return refuse('a function is missing')
    return koffi.decode(address, koffi.proto(definition)) as Type
  }
  const start = node.symbol(`ossl_aes${keyBits}gcm_functions`)
  const table = readTable((index) => words(start, ENTRY_WORDS, index * ENTRY_BYTES))
  const hardware = words(node.func('void* ossl_prov_aes_hw_gcm(size_t)')(keyBits), HARDWARE.length)
  const oneShot = hardware[HARDWARE.indexOf('oneShot')]
  if (oneShot !== koffi.address(node.symbol('ossl_gcm_one_shot'))) refuse('its structure is another one')
  const init = 'int (uintptr_t, uintptr_t, size_t, uintptr_t, size_t, uintptr_t)'
  const encryptInit = bound<Init>(table.get(FUNCTIONS.encryptInit), init)
  const decryptInit = bound<Init>(table.get(FUNCTIONS.decryptInit), init)
  const newContext = bound<(provider: number) => number>(
    table.get(FUNCTIONS.newContext),
    'uintptr_t (uintptr_t)',
  )
  const freeContext = bound<AesGcm['freeContext']>(table.get(FUNCTIONS.freeContext), 'void (uintptr_t)')
  return {
    newContext(key) {
      const context = Number(newContext(0))
      if (context !== 0 && encryptInit(context, key, keyBits / 8, 0, 0, 0) === 1) return context
      if (context !== 0) freeContext(context)
      return refuse('it makes no key')
    },
    freeContext,
    setDirection: (context, seals) => (seals ? encryptInit : decryptInit)(context, 0, 0, 0, 0, 0),
    setIv: bound(hardware[HARDWARE.indexOf('setIv')], 'int (uintptr_t, uintptr_t, size_t)'),
    oneShot: bound(
      oneShot,
      'int (uintptr_t, uintptr_t, size_t, uintptr_t, size_t, uintptr_t, uintptr_t, size_t)',
    ),
  }
}

type Init = (
  context: number,
  key: number,
  keyLength: number,
  nonce: number,
  nonceLength: number,
  parameters: number,
) => number

/** The addresses of a provider's functions by their numbers, up to the entry that ends them. */
function readTable(entry: (index: number) => BigUint64Array): Map<number, bigint> {
  const table = new Map<number, bigint>()
  for (let index = 0; index < MAX_ENTRIES; index++) {
    const [number = 0n, address = 0n] = entry(index)
    const known = Number(BigInt.asUintN(32, number))
    if (known === 0) break
    table.set(known, address)
  }
  return table
}

function refuse(why: string): never {
  throw new QanatError(`Cannot use OpenSSL's AES-GCM past EVP: ${why}`, { code: 'ERR_NATIVE' })
}

/** One key, for texts whose tag lies behind them and whose nonce of 12 bytes lies at one address. */
export class GcmContext {
  readonly #gcm: AesGcm
  readonly #nonce: number
  readonly #context: number
  /** What the context does at present: as a rule a key does either one or the other. */
  #seals = true

  /**
   * @param key the address of the key, which is copied.
   * @param nonce where the nonce of each text lies when it is sealed or opened.
   */
  constructor(gcm: AesGcm, key: number, nonce: number) {
    this.#gcm = gcm
    this.#nonce = nonce
    this.#context = gcm.newContext(key)
  }

  /** Seals `length` bytes from one address to another. False if OpenSSL failed: memory ran out or a parameter is wrong. */
  seal(associated: number, associatedLength: number, from: number, length: number, to: number): boolean {
    return this.#run(true, associated, associatedLength, from, length, to)
  }

  /** The same to open; false if the text is not authentic, which may have been written all the same. */
  open(associated: number, associatedLength: number, from: number, length: number, to: number): boolean {
    return this.#run(false, associated, associatedLength, from, length, to)
  }

  /** Forgets the key. The object must not be used afterwards. */
  free(): void {
    this.#gcm.freeContext(this.#context)
  }

  #run(
    seals: boolean,
    associated: number,
    associatedLength: number,
    from: number,
    length: number,
    to: number,
  ): boolean {
    const gcm = this.#gcm
    const context = this.#context
    if (seals !== this.#seals) {
      // Going on would seal what is to be opened, and take its own tag for a proof.
      if (gcm.setDirection(context, seals) !== 1) return false
      this.#seals = seals
    }
    const tag = (seals ? to : from) + length
    let done = gcm.setIv(context, this.#nonce, NONCE_BYTES)
    done &= gcm.oneShot(context, associated, associatedLength, from, length, to, tag, TAG_BYTES)
    return done === 1
  }
}
