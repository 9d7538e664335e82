import type { Aead } from '../../core/api/aead.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { loadKoffi } from '../../native/base/koffi.js'
import { native } from '../../native/base/native.js'
import { bindAesGcm } from '../../native/crypto/aes-gcm.js'
import { bindChaChaPoly } from '../../native/crypto/chacha-poly.js'
import { bindOpenSsl } from '../../native/crypto/openssl.js'
import { type AeadFactory, type AeadName, KEY_BYTES, NONCE_BYTES, TAG_BYTES } from './aead.js'
import { chaChaPolyAead } from './aead-chacha-poly.js'
import { gcmAead } from './aead-gcm.js'
import { nodeAead } from './aead-node.js'
import { openSslAead } from './aead-openssl.js'
import { AeadMemory } from './native-aead.js'

const TEXT = 'Ladies and Gentlemen of the class of'
/** What sealing TEXT must come to: key, nonce and text are 32 bytes of 7, 12 bytes of 9, and TEXT. */
const SEALED: Readonly<Record<AeadName, string>> = {
  'aes-256-gcm':
    '6be4e0fddb83e100ce06eb7f8384d7b3b1dd069d148191e01bc62386b6186009a0c588a53c3c62ff8a0b6e6f0743cc7a2130819b',
  'chacha20-poly1305':
    'b0189fbe817da5c4b30c2e7fa589d0bd1b632fe318682bb828c45bb67e3260a8eaf1527f57410559dbb238b0954e6cd80382900f',
}

/** Makes keys of one algorithm. */
type Maker = (key: Uint8Array) => Aead

let chosen: AeadFactory | undefined

/** The fastest way to seal that works here: native code through koffi, else node:crypto. Chosen once per process. */
export function fastestAead(log: Logger): AeadFactory {
  chosen ??= choose(log)
  return chosen
}

function choose(log: Logger): AeadFactory {
  try {
    const koffi = loadKoffi()
    const shared = new AeadMemory(native().arena)
    const openSsl = openSslAead(bindOpenSsl(koffi), shared)
    for (const name of Object.keys(SEALED) as AeadName[]) {
      if (!passesVector(openSsl, name)) throw new Error(`its ${name} fails its self-test`)
    }
    const chaChaPoly = (): Maker => chaChaPolyAead(bindChaChaPoly(koffi), shared)
    const gcm = (): Maker => gcmAead(bindAesGcm(koffi, 256), shared)
    return withFaster(withFaster(openSsl, 'chacha20-poly1305', chaChaPoly, log), 'aes-256-gcm', gcm, log)
  } catch (thrown) {
    log.info('sealing with node:crypto, not with OpenSSL directly', { why: asError(thrown).message })
    return nodeAead
  }
}

/** Uses a faster way of an algorithm if it is available and gives the right result. */
function withFaster(factory: AeadFactory, faster: AeadName, bind: () => Maker, log: Logger): AeadFactory {
  try {
    const make = bind()
    const combined: AeadFactory = (name, key) => (name === faster ? make(key) : factory(name, key))
    if (!passesVector(combined, faster)) throw new Error('it fails its self-test')
    return combined
  } catch (thrown) {
    log.info(`sealing ${faster} by OpenSSL's EVP functions, which is slower`, {
      why: asError(thrown).message,
    })
    return factory
  }
}

/** Whether a factory makes keys that seal and open a known text rightly and notice a change. */
export function passesVector(factory: AeadFactory, name: AeadName): boolean {
  const aead = factory(name, new Uint8Array(KEY_BYTES).fill(7))
  const text = new TextEncoder().encode(TEXT)
  const bytes = new Uint8Array(text.length + TAG_BYTES)
  bytes.set(text)
  const setNonce = () => {
    for (let at = 0; at < NONCE_BYTES; at++) aead.nonce.setUint8(at, 9)
  }
  try {
    setNonce()
    aead.seal(bytes, 0, text.length)
    if (Buffer.from(bytes).toString('hex') !== SEALED[name]) return false
    const altered = bytes.slice()
    altered[0]! ^= 1
    setNonce()
    if (aead.open(altered, 0, text.length)) return false
    setNonce()
    return aead.open(bytes, 0, text.length) && Buffer.from(bytes.subarray(0, text.length)).equals(text)
  } finally {
    aead.erase()
  }
}
