import type { AeadFactory, AeadName } from '../../../src/ciphers/aead/aead.js'
import { chaChaPolyAead } from '../../../src/ciphers/aead/aead-chacha-poly.js'
import { gcmAead } from '../../../src/ciphers/aead/aead-gcm.js'
import { nodeAead } from '../../../src/ciphers/aead/aead-node.js'
import { openSslAead } from '../../../src/ciphers/aead/aead-openssl.js'
import { AeadMemory } from '../../../src/ciphers/aead/native-aead.js'
import type { Arena } from '../../../src/native/base/arena.js'
import { loadKoffi } from '../../../src/native/base/koffi.js'
import { native } from '../../../src/native/base/native.js'
import { bindAesGcm } from '../../../src/native/crypto/aes-gcm.js'
import { bindChaChaPoly } from '../../../src/native/crypto/chacha-poly.js'
import { bindOpenSsl } from '../../../src/native/crypto/openssl.js'

interface Way {
  readonly label: string
  readonly way: AeadFactory | undefined
  readonly names: readonly AeadName[]
  /** Whether it does not exist here. */
  readonly skip: boolean
}

const NAMES = ['aes-256-gcm', 'chacha20-poly1305'] as const

/** All ways to seal. */
export const aeadWays: readonly Way[] = [
  { label: 'node:crypto', way: nodeAead, names: NAMES, skip: false },
  nativeWay('OpenSSL', NAMES, (shared) => openSslAead(bindOpenSsl(loadKoffi()), shared)),
  nativeWay('AES-GCM past EVP', ['aes-256-gcm'], (shared) => {
    const make = gcmAead(bindAesGcm(loadKoffi(), 256), shared)
    return (_name, key) => make(key)
  }),
  nativeWay('ChaCha20 and Poly1305 apart', ['chacha20-poly1305'], (shared) => {
    const make = chaChaPolyAead(bindChaChaPoly(loadKoffi()), shared)
    return (_name, key) => make(key)
  }),
]

/** Undefined where there is no native code. */
export const arena = nativeArena()

/** Where texts may lie. */
export const memoryKinds = [
  { label: 'memory of its own', take: (length: number) => new Uint8Array(length) },
  { label: 'the arena', take: takeFromArena },
] as const

function nativeWay(
  label: string,
  names: readonly AeadName[],
  make: (shared: AeadMemory) => AeadFactory,
): Way {
  try {
    return { label, way: make(new AeadMemory(native().arena)), names, skip: false }
  } catch (thrown) {
    return { label: `${label}, skipped: ${(thrown as Error).message}`, way: undefined, names, skip: true }
  }
}

function takeFromArena(length: number): Uint8Array {
  return arena?.reserve(length).bytes ?? new Uint8Array(length)
}

function nativeArena(): Arena | undefined {
  try {
    return native().arena
  } catch {
    return undefined
  }
}
