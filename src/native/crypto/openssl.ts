import { QanatError } from '../../core/api/errors.js'
import type { Arena } from '../base/arena.js'
import type { Koffi } from '../base/koffi.js'
import { setAddress } from '../sockets/message-layout.js'

/** The name of the parameter that is a tag: OSSL_CIPHER_PARAM_AEAD_TAG of openssl/core_names.h. */
const TAG = 'tag\0'
/** Where the fields of struct ossl_param_st are, and its bytes, on 64-bit Linux. openssl/core.h */
const PARAMETER = { bytes: 40, key: 0, type: 8, data: 16, size: 24 } as const
/** OSSL_PARAM_OCTET_STRING */
const OCTET_STRING = 5
/** Behind the one parameter is one without a name, which ends them. */
const NAME_AT = 2 * PARAMETER.bytes

/** @param parameters the address of further parameters, or 0: see `TagParameters`. */
type Init = (context: number, cipher: number, key: number, nonce: number, parameters: number) => number
type Update = (context: number, to: number, written: number, from: number, length: number) => number
type Final = (context: number, to: number, written: number) => number

/**
 * OpenSSL's EVP functions, from the OpenSSL inside node itself. Addresses are numbers, of the arena or from
 * OpenSSL; the caller has checked the lengths. A result of 0 or less means failure.
 */
export interface OpenSsl {
  /** The address of a cipher's implementation, which stays until the process ends. */
  fetchCipher(name: string): number
  newContext(): number
  /** Overwrites the context's keys with zeros, and frees it. */
  freeContext(context: number): void
  readonly encryptInit: Init
  readonly encryptUpdate: Update
  readonly encryptFinal: Final
  readonly decryptInit: Init
  readonly decryptUpdate: Update
  readonly decryptFinal: Final
  /** Reads parameters: the tag, once sealing is over. */
  getParameters(context: number, parameters: number): number
}

/**
 * Parameters that name the place of a tag, in the arena. A nonce and the tag to be compared are set by one call this way, and a
 * tag is read by a call of two arguments: each argument of a call costs 8 ns.
 */
export class TagParameters {
  readonly #view: DataView
  readonly #offset: number
  readonly #address: number

  /** @param tagBytes bytes of the tags. */
  constructor(arena: Arena, tagBytes: number) {
    const { address, offset } = arena.reserve(NAME_AT + TAG.length)
    const { bytes, view } = arena
    this.#view = view
    this.#offset = offset
    this.#address = address
    bytes.set(new TextEncoder().encode(TAG), offset + NAME_AT)
    setAddress(view, offset + PARAMETER.key, address + NAME_AT)
    view.setUint32(offset + PARAMETER.type, OCTET_STRING, true)
    view.setUint32(offset + PARAMETER.size, tagBytes, true)
  }

  /** The address of the parameters, for the tag at this address. */
  at(tag: number): number {
    setAddress(this.#view, this.#offset + PARAMETER.data, tag)
    return this.#address
  }
}

/** Binds OpenSSL's functions. Throws if one is missing, as when node was built without OpenSSL. */
export function bindOpenSsl(koffi: Koffi): OpenSsl {
  const node = koffi.load(null)
  const fetch = node.func('uintptr_t EVP_CIPHER_fetch(uintptr_t, const char* name, const char*)')
  const newContext = node.func('uintptr_t EVP_CIPHER_CTX_new()')
  const cryption = (verb: 'Encrypt' | 'Decrypt') => ({
    init: node.func(`int EVP_${verb}Init_ex2(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t)`) as Init,
    update: node.func(`int EVP_${verb}Update(uintptr_t, uintptr_t, uintptr_t, uintptr_t, int)`) as Update,
    final: node.func(`int EVP_${verb}Final_ex(uintptr_t, uintptr_t, uintptr_t)`) as Final,
  })
  const [encrypt, decrypt] = [cryption('Encrypt'), cryption('Decrypt')]
  return {
    fetchCipher: (name) => present(Number(fetch(0, name, null)), name),
    newContext: () => present(Number(newContext()), 'EVP_CIPHER_CTX'),
    freeContext: node.func('void EVP_CIPHER_CTX_free(uintptr_t)'),
    encryptInit: encrypt.init,
    encryptUpdate: encrypt.update,
    encryptFinal: encrypt.final,
    decryptInit: decrypt.init,
    decryptUpdate: decrypt.update,
    decryptFinal: decrypt.final,
    getParameters: node.func('int EVP_CIPHER_CTX_get_params(uintptr_t, uintptr_t)'),
  }
}

function present(address: number, what: string): number {
  if (address !== 0) return address
  throw new QanatError(`Cannot use OpenSSL: it has no ${what}`, { code: 'ERR_NATIVE' })
}
