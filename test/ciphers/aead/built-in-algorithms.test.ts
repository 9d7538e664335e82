import { AES_256_GCM, CHACHA20_POLY1305 } from '../../../src/ciphers/aead/built-in-algorithms.js'
import { type AeadVector, testAead } from '../../../src/conformance/index.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { readVectors } from '../../support/vectors.js'

interface Wycheproof {
  testGroups: {
    ivSize: number
    keySize: number
    tests: { key: string; iv: string; aad: string; msg: string; ct: string; tag: string; result: string }[]
  }[]
}

for (const [name, algorithm, file] of [
  ['aes-256-gcm', AES_256_GCM, 'wycheproof/aes_gcm.json'],
  ['chacha20-poly1305', CHACHA20_POLY1305, 'wycheproof/chacha20_poly1305.json'],
] as const) {
  const vectors = vectorsOf(file)
  testAead({ name: `${name} in handshakes`, aead: algorithm, vectors })
  const aead = { ...algorithm, withKey: algorithm.inSessions!(silentLogger) }
  testAead({ name: `${name} in sessions`, aead, vectors })
}

function vectorsOf(file: string): AeadVector[] {
  return readVectors<Wycheproof>(file)
    .testGroups.filter(({ ivSize, keySize }) => ivSize === 96 && keySize === 256)
    .flatMap(({ tests }) => tests.filter(({ result }) => result === 'valid'))
    .map(({ key, iv, aad, msg, ct, tag }) => ({
      ...{ key, nonce: iv, associated: aad, text: msg },
      sealed: ct + tag,
    }))
}
