import { describe, expect, it } from 'vitest'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { wireguard } from '../../../src/ciphers/wireguard.js'
import { cipherCases } from '../../../src/conformance/cipher/cipher-cases.js'
import type { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { partContext } from '../../support/ciphers/part-context.js'
import { changed } from '../kit/changed.js'
import { failingCases } from '../kit/failing-cases.js'
import { type Broken, brokenCases } from './broken-cipher.js'

/** Bytes, and where an IPv4 packet says how long it is. RFC 791 */
const IPV4_HEADER = 20
const TOTAL_LENGTH = 2

/** A broken part for each case of all ciphers, which nothing but that finds out. */
const STATELESS: Readonly<Record<string, Broken>> = {
  'says what it is': () => ({ authenticates: true }),
  'gives back packets of every size up to the MTU, adding no more than its overhead': (cipher) => ({
    seal: (peer, packets, most, now) =>
      cipher
        .seal(peer, packets, most, now)
        .map((bytes) => (bytes.length === 777 ? bytes.subarray(1) : bytes)),
  }),
  'keeps the order of a batch, with and without room around its packets': (cipher) => ({
    seal: (peer, packets, most, now) =>
      cipher.seal(peer, packets.length > 3 ? packets.toReversed() : packets, most, now),
  }),
  'throws for no datagram that an unknown source may send': (cipher) => ({
    open(link, datagrams, now) {
      if (datagrams.some(({ length }) => length > 1500)) throw new RangeError('it is too large')
      return cipher.open(link, datagrams, now)
    },
  }),
  'throws for no part of a datagram': (cipher) => ({
    open(link, datagrams, now) {
      for (const { buffer, byteOffset, length } of datagrams) {
        if (length < IPV4_HEADER) continue
        const said = new DataView(buffer, byteOffset).getUint16(TOTAL_LENGTH)
        if (said === 200 && length < said) throw new RangeError('it ends too early')
      }
      return cipher.open(link, datagrams, now)
    },
  }),
  'makes no datagram above maxDatagram: cuts the packet, or drops and counts it, and seals the others': (
    cipher,
  ) => ({ seal: (peer, packets, _most, now) => cipher.seal(peer, packets, 65_535, now) }),
  'has nothing to do for an empty batch': (cipher) => ({
    seal: (peer, packets, most, now) =>
      packets.length === 0 ? [new Uint8Array(1)] : cipher.seal(peer, packets, most, now),
  }),
  'tells whose packets it opened': (cipher) => ({
    open(link, datagrams, now) {
      const { opened, replies } = cipher.open(link, datagrams, now)
      return { opened: opened.map((group) => ({ ...group, peer: 'other' })), replies }
    },
  }),
  'wants no tick before it was used, and has nothing due then': () => ({ nextTick: 2 ** 50 }),
}

/** The same of a cipher with several peers. */
const WITH_PEERS: Readonly<Record<string, Broken>> = {
  'keeps peers apart': (cipher) => {
    let first: string | undefined
    return {
      seal(peer, ...rest) {
        first ??= peer
        return cipher.seal(first, ...rest)
      },
    }
  },
  'forgets a peer that is removed, and no other': (cipher) => ({
    peerManager: {
      ...cipher.peerManager!,
      remove() {},
      add() {},
    },
  }),
  'takes a peer while it is in use': (cipher) => ({
    peerManager: {
      ...cipher.peerManager!,
      remove: (peer) => cipher.peerManager!.remove(peer),
      add() {},
    },
  }),
}

/** The names of those cases about several peers that a hub fails. */
async function failingHub(broken: Broken): Promise<string[]> {
  const hub = (clock: VirtualClock) => {
    const own = generatePrivateKey()
    const keys = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()]
    const peers = keys.map((key) => ({ id: publicKeyOf(key) }))
    const context = partContext({ clock })
    const cipher = wireguard.create({ ...context, privateKey: own, peers })
    const spokes = keys.map((privateKey, at) => ({
      cipher: wireguard.create({ ...context, privateKey, peers: [{ id: publicKeyOf(own) }] }),
      hub: publicKeyOf(own),
      known: peers[at]!,
    }))
    return { cipher: changed(cipher, broken(cipher, clock)), spokes }
  }
  const setup = () => {
    throw new Error('no case of two ends is run')
  }
  const alone = cipherCases({ setup, authenticates: false }).map(({ name }) => name)
  const failed: string[] = []
  for (const { name, run } of cipherCases({ setup, authenticates: false, hub })) {
    if (alone.includes(name)) continue
    try {
      await run()
    } catch {
      failed.push(name)
    }
  }
  return failed
}

describe('cipherCases', () => {
  it('finds nothing wrong with a sound hub', async () => {
    expect(await failingHub(() => ({}))).toEqual([])
  })

  it.each(Object.entries(WITH_PEERS))('alone finds what breaks: %s', async (name, broken) => {
    expect(await failingHub(broken)).toEqual([name])
  })

  it('finds nothing wrong with a sound cipher that has no sessions', async () => {
    expect(await failingCases(brokenCases(() => ({}), false))).toEqual([])
  })

  it.each(Object.entries(STATELESS))('alone finds what breaks: %s', async (name, broken) => {
    expect(await failingCases(brokenCases(broken, false))).toEqual([name])
  })

  it('has a broken part for each case of all ciphers, and of those with several peers', () => {
    const setup = () => {
      throw new Error('no case is run')
    }
    const names = cipherCases({ setup, authenticates: false, hub: setup }).map(({ name }) => name)
    const proven = [...Object.keys(STATELESS), 'opens datagrams in any order', ...Object.keys(WITH_PEERS)]
    expect(proven.toSorted()).toEqual(names.toSorted()) // that one is in cipher-cases.sessions.test.ts
  })
})
