import type { AeadWay } from '../../src/ciphers/aead.js'
import { nodeAead } from '../../src/ciphers/aead-node.js'
import { openSslAead } from '../../src/ciphers/aead-openssl.js'
import { loadKoffi } from '../../src/native/koffi.js'
import { native } from '../../src/native/native.js'
import { bindOpenSsl } from '../../src/native/openssl.js'

interface Way {
  readonly label: string
  readonly way: AeadWay | undefined
  /** Whether it does not exist here. */
  readonly skip: boolean
}

/** All ways to seal. */
export const aeadWays: readonly Way[] = [{ label: 'node:crypto', way: nodeAead, skip: false }, openSslWay()]

/** Where texts may lie. */
export const memoryKinds = [
  { label: 'memory of its own', take: (length: number) => new Uint8Array(length) },
  { label: 'the arena', take: takeFromArena },
] as const

function openSslWay(): Way {
  try {
    return { label: 'OpenSSL', way: openSslAead(bindOpenSsl(loadKoffi()), native().arena), skip: false }
  } catch (thrown) {
    return { label: `OpenSSL, skipped: ${(thrown as Error).message}`, way: undefined, skip: true }
  }
}

function takeFromArena(length: number): Uint8Array {
  try {
    return native().arena.reserve(length).bytes
  } catch {
    return new Uint8Array(length)
  }
}
