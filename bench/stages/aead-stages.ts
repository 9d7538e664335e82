import { type AeadFactory, type AeadName, KEY_BYTES, TAG_BYTES } from '../../src/ciphers/aead/aead.js'
import { nodeAead } from '../../src/ciphers/aead/aead-node.js'
import { openSslAead } from '../../src/ciphers/aead/aead-openssl.js'
import { fastestAead } from '../../src/ciphers/aead/choose-aead.js'
import { AeadMemory } from '../../src/ciphers/aead/native-aead.js'
import type { Aead } from '../../src/core/api/aead.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { loadKoffi } from '../../src/native/base/koffi.js'
import { native } from '../../src/native/base/native.js'
import { bindOpenSsl } from '../../src/native/crypto/openssl.js'
import { allocate, batchOf, SIZES } from './packets.js'
import type { Stage } from './stage.js'

const NAMES: readonly AeadName[] = ['aes-256-gcm', 'chacha20-poly1305']

/** The bare algorithms, by all ways: the one that is chosen, OpenSSL's EVP called directly, and node:crypto. */
export function aeadStages(): Stage[] {
  return waysToSeal().flatMap(([label, way]) =>
    NAMES.flatMap((name) =>
      SIZES.flatMap((bytes) => {
        const aead = way(name, new Uint8Array(KEY_BYTES).fill(1))
        return [
          sealing(`seal ${name}, ${label}`, aead, bytes),
          opening(`open ${name}, ${label}`, aead, bytes),
        ]
      }),
    ),
  )
}

function waysToSeal(): [string, AeadFactory][] {
  const portable: [string, AeadFactory] = ['node:crypto', nodeAead]
  try {
    const openSsl = openSslAead(bindOpenSsl(loadKoffi()), new AeadMemory(native().arena))
    return [['as chosen', fastestAead(silentLogger)], ['OpenSSL', openSsl], portable]
  } catch {
    return [portable]
  }
}

function sealing(name: string, aead: Aead, bytes: number): Stage {
  const packets = batchOf(bytes)
  const text = allocate(bytes + TAG_BYTES)
  let counter = 0
  const run = () => {
    for (let packet = 0; packet < packets; packet++) {
      setNonce(aead, counter++)
      aead.seal(text, 0, bytes)
    }
  }
  return { name, bytes, packets, run }
}

function opening(name: string, aead: Aead, bytes: number): Stage {
  const packets = batchOf(bytes)
  const texts = Array.from({ length: packets }, () => allocate(bytes + TAG_BYTES))
  return {
    name,
    bytes,
    packets,
    prepare() {
      for (const [index, text] of texts.entries()) {
        setNonce(aead, index)
        aead.seal(text, 0, bytes)
      }
    },
    run() {
      for (const [index, text] of texts.entries()) {
        setNonce(aead, index)
        if (!aead.open(text, 0, bytes)) throw new Error('Cannot open what was sealed')
      }
    },
  }
}

function setNonce({ nonce }: Aead, counter: number): void {
  nonce.setUint32(0, 0)
  nonce.setUint32(4, 0)
  nonce.setUint32(8, counter)
}
