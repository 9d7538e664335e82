import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { TAG_BYTES } from '../../../../src/ciphers/aead/aead.js'
import { nodeAead } from '../../../../src/ciphers/aead/aead-node.js'
import { KeyPair, type KeyPairOptions } from '../../../../src/ciphers/noise/session/key-pair.js'
import { DATA_HEADER } from '../../../../src/ciphers/noise/wire/messages.js'
import { AESGCM_SHA256, keysBy } from '../../../support/ciphers/psk-protocols.js'
import { KeptAeads } from '../kept-aeads.js'

const ZEROS = new Uint8Array(32)
const TEXT = Uint8Array.of(1, 2, 3)

function keyPair(options: Partial<KeyPairOptions> = {}): KeyPair {
  return new KeyPair({
    useKey: keysBy(nodeAead, AESGCM_SHA256),
    suite: AESGCM_SHA256,
    limits: { rekeyAfter: 2, rejectAfter: 3 },
    keys: { send: new Uint8Array(32).fill(1), receive: new Uint8Array(32).fill(2) },
    initiator: true,
    localIndex: 1,
    remoteIndex: 2,
    now: 0,
    ...options,
  })
}

/** The far end of `keyPair()`. */
function farKeyPair(options: Partial<KeyPairOptions> = {}): KeyPair {
  const keys = { send: new Uint8Array(32).fill(2), receive: new Uint8Array(32).fill(1) }
  return keyPair({ keys, initiator: false, ...options })
}

function sealed(by: KeyPair): Uint8Array {
  const datagram = new Uint8Array(DATA_HEADER + TEXT.length + TAG_BYTES)
  datagram.set(TEXT, DATA_HEADER)
  by.seal(datagram, TEXT.length)
  return datagram
}

describe('KeyPair', () => {
  it('wipes the raw keys that it was given once they are in use', () => {
    const keys = { send: Uint8Array.from(randomBytes(32)), receive: Uint8Array.from(randomBytes(32)) }
    const [send, receive] = [keys.send.slice(), keys.receive.slice()]
    const aeads = new KeptAeads()
    keyPair({ useKey: keysBy(aeads.way, AESGCM_SHA256), keys })
    expect(aeads.made.map(({ key }) => key)).toEqual([send, receive])
    expect([keys.send, keys.receive]).toEqual([ZEROS, ZEROS])
  })

  it('erases the keys of both directions', () => {
    const aeads = new KeptAeads()
    const pair = keyPair({ useKey: keysBy(aeads.way, AESGCM_SHA256) })
    expect(aeads.live).toHaveLength(2)
    pair.erase()
    expect(aeads.live).toEqual([])
  })

  it('opens what the far end sealed once, and not again', () => {
    const [near, far] = [keyPair(), farKeyPair()]
    const datagram = sealed(near)
    const again = datagram.slice()
    expect(far.open(datagram, 0)).toBeUndefined()
    expect(datagram.subarray(DATA_HEADER, DATA_HEADER + TEXT.length)).toEqual(TEXT)
    expect(far.open(again, 0)).toBe('replayed')
  })

  it('marks no counter as seen by a forged datagram', () => {
    const [near, far] = [keyPair(), farKeyPair()]
    const genuine = sealed(near)
    const forged = genuine.slice()
    forged[DATA_HEADER]! ^= 1
    expect(far.open(forged, 0)).toBe('authFailed')
    expect(far.open(genuine, 0)).toBeUndefined()
  })

  it('seals and opens until it is 180 s old, and is renewed by its initiator from 120 s on', () => {
    const [near, far] = [keyPair(), farKeyPair()]
    const [first, second] = [sealed(near), sealed(near)]
    expect([119_999, 120_000].map((now) => keyPair().wantsRenewal(now))).toEqual([false, true])
    expect(far.wantsRenewal(120_000)).toBe(false)
    expect([179_999, 180_000].map((now) => near.seals(now))).toEqual([true, false])
    expect(far.open(first, 179_999)).toBeUndefined()
    expect(far.open(second, 180_000)).toBe('expired')
  })

  it('wants a renewal and then seals and opens no more when it is used up', () => {
    const near = keyPair({ limits: { rekeyAfter: 1, rejectAfter: 2 } })
    const far = farKeyPair({ limits: { rekeyAfter: 1, rejectAfter: 2 } })
    expect([near.wantsRenewal(0), near.seals(0), near.seals(0, 2), near.seals(0, 3)]).toEqual([
      false,
      true,
      true,
      false,
    ])
    sealed(near)
    expect([near.wantsRenewal(0), near.seals(0)]).toEqual([true, true])
    const last = sealed(near)
    expect(near.seals(0)).toBe(false)
    const beyond = sealed(near)
    expect([far.open(last, 0), far.open(beyond, 0)]).toEqual([undefined, 'expired'])
  })

  it('says whether a datagram has the highest counter yet', () => {
    const [near, far] = [keyPair(), farKeyPair()]
    const [first, second] = [sealed(near), sealed(near)]
    expect(far.open(second, 0)).toBeUndefined()
    expect(far.openedNewest).toBe(true)
    expect(far.open(first, 0)).toBeUndefined()
    expect(far.openedNewest).toBe(false)
  })
})
