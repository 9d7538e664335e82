import { QanatError } from '../../core/api/errors.js'
import type { Koffi } from '../base/koffi.js'

/** EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG of openssl/evp.h. */
export const GET_TAG = 0x10
export const SET_TAG = 0x11

type Init = (context: number, cipher: number, engine: number, key: number, nonce: number) => number
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
  control(context: number, command: number, length: number, address: number): number
}

/** Binds OpenSSL's functions. Throws if one is missing, as when node was built without OpenSSL. */
export function bindOpenSsl(koffi: Koffi): OpenSsl {
  const node = koffi.load(null)
  const fetch = node.func('uintptr_t EVP_CIPHER_fetch(uintptr_t, const char* name, const char*)')
  const newContext = node.func('uintptr_t EVP_CIPHER_CTX_new()')
  const cryption = (verb: 'Encrypt' | 'Decrypt') => ({
    init: node.func(`int EVP_${verb}Init_ex(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t)`) as Init,
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
    control: node.func('int EVP_CIPHER_CTX_ctrl(uintptr_t, int, int, uintptr_t)'),
  }
}

function present(address: number, what: string): number {
  if (address !== 0) return address
  throw new QanatError(`Cannot use OpenSSL: it has no ${what}`, { code: 'ERR_NATIVE' })
}
