import type { Koffi } from '../base/koffi.js'

/** Bytes of one block of ChaCha20's key stream. */
export const CHACHA_BLOCK = 64

/**
 * The two halves of ChaCha20-Poly1305 as OpenSSL has them within, from the OpenSSL inside node itself. Addresses are
 * numbers, of the arena; the caller has checked the lengths. None of them fails.
 */
export interface ChaChaPoly {
  /** Bytes that `init` and what follows it keep their state in. */
  readonly stateBytes: number
  /** XORs with the key stream. `block` has the counter's 4 bytes, little-endian, and the nonce's 12. */
  chaCha20(to: number, from: number, length: number, key: number, block: number): void
  /** Begins an authenticator with a key of 32 bytes that is used once. */
  init(state: number, key: number): void
  update(state: number, from: number, length: number): void
  /** Writes the authenticator's 16 bytes, and forgets the state. */
  final(state: number, to: number): void
}

/** Binds the functions. Throws if one is missing: they are not part of what OpenSSL promises to keep. */
export function bindChaChaPoly(koffi: Koffi): ChaChaPoly {
  const node = koffi.load(null)
  return {
    stateBytes: Number(node.func('size_t Poly1305_ctx_size()')()),
    chaCha20: node.func('void ChaCha20_ctr32(uintptr_t, uintptr_t, size_t, uintptr_t, uintptr_t)'),
    init: node.func('void Poly1305_Init(uintptr_t, uintptr_t)'),
    update: node.func('void Poly1305_Update(uintptr_t, uintptr_t, size_t)'),
    final: node.func('void Poly1305_Final(uintptr_t, uintptr_t)'),
  }
}
