import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { aes256Gcm } from '../../../src/ciphers/psk.js'
import { wireguard } from '../../../src/ciphers/wireguard.js'
import { cipherCases } from '../../../src/conformance/cipher/cipher-cases.js'
import type { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Cipher, Sessions } from '../../../src/core/api/cipher.js'
import { statelessCipher } from '../../../src/core/api/stateless-cipher.js'
import { partContext } from '../../support/ciphers/part-context.js'
import { failingCases } from '../kit/failing-cases.js'

type Broken = (cipher: Cipher) => Partial<Cipher>

/** A cipher with some members replaced. */
function changed(cipher: Cipher, members: Partial<Cipher>): Cipher {
  return new Proxy(cipher, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** The names of the cases that a cipher fails at both of its ends. */
async function failing(broken: Broken, sessions: boolean): Promise<string[]> {
  const end = (clock: VirtualClock, key: string) => {
    const plain = sessions
      ? aes256Gcm.create({ ...partContext({ clock }), key, peers: [{ id: 'peer' }] })
      : statelessCipher('peer', { seal: (packet) => packet, open: (datagram) => datagram })
    return { cipher: changed(plain, broken(plain)), peer: 'peer' }
  }
  const setup = (clock: VirtualClock) => {
    const key = randomBytes(32).toString('hex')
    return { near: end(clock, key), far: end(clock, key) }
  }
  const times = { rekeyAfter: 120_000, idleAfter: 600_000, extended: true }
  const cases = cipherCases({ setup, authenticates: sessions, ...(sessions && { sessions: times }) })
  return failingCases(cases)
}

const withSessions = (cipher: Cipher, members: Partial<Sessions>): Partial<Cipher> => ({
  sessions: { ...cipher.sessions!, ...members },
})

/** Broken parts without sessions, each by the one case that finds it. */
const STATELESS: Readonly<Record<string, Broken>> = {
  'says what it is': () => ({ authenticates: true }),
  'gives back packets of every size up to the MTU, adding no more than its overhead': (cipher) => ({
    seal: (peer, packets, most, now) =>
      cipher
        .seal(peer, packets, most, now)
        .map((bytes) => (bytes.length === 777 ? bytes.subarray(1) : bytes)),
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

/** The same of a cipher with sessions. */
const WITH_SESSIONS: Readonly<Record<string, Broken>> = {
  'moves a peer by its newest datagram only': (cipher) => ({
    open(link, datagrams, now) {
      const { opened, replies } = cipher.open(link, datagrams, now)
      const moved = opened.map((group) => ({ ...group, roams: group.roams || group.packets.length > 0 }))
      return { opened: moved, replies }
    },
  }),
  'starts a handshake when told to, and only one at a time': (cipher) =>
    withSessions(cipher, {
      initiate: (peer, now) => [...cipher.sessions!.initiate(peer, now), new Uint8Array(1)],
    }),
  'has a probe answered where it came from, moving nobody': (cipher) => ({
    open(link, datagrams, now) {
      const { opened, replies } = cipher.open(link, datagrams, now)
      return { opened: opened.map((group) => ({ ...group, probeReplies: [] })), replies }
    },
  }),
  'has no probe without keys': (cipher) =>
    withSessions(cipher, {
      probe: (...all) => cipher.sessions!.probe(...all) ?? new Uint8Array(1),
    }),
  'carries super-packets and partial checksums as they are': (cipher) =>
    withSessions(cipher, { takesSuperPackets: () => false }),
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
    return { cipher: changed(cipher, broken(cipher)), spokes }
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

  it.each([true, false])('finds nothing wrong with sound parts (sessions: %s)', async (sessions) => {
    expect(await failing(() => ({}), sessions)).toEqual([])
  })

  it.each(Object.entries(STATELESS))('alone finds what breaks: %s', async (name, broken) => {
    expect(await failing(broken, false)).toEqual([name])
  })

  it.each(Object.entries(WITH_SESSIONS))('alone finds what breaks: %s', async (name, broken) => {
    expect(await failing(broken, true)).toEqual([name])
  })
})
