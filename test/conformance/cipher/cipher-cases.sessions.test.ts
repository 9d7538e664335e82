import { describe, expect, it } from 'vitest'
import type { Cipher, OpenResult } from '../../../src/core/api/cipher.js'
import type { Packet } from '../../../src/core/api/packet.js'
import { failingCases } from '../kit/failing-cases.js'
import { type Broken, brokenCases, withSessions } from './broken-cipher.js'

const PEER = 'peer'
/** The first byte of messages, and where data has its session and its counter: as WireGuard's. */
const INITIATION = 1
const DATA = 4
const DATA_HEADER = 16
const INDEX_AT = 4
const COUNTER_AT = 8
const NOTHING: OpenResult = { opened: [], replies: [] }

const isKind = (kind: number) => (datagram: Uint8Array) => datagram[0] === kind
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const total = ({ drops }: Cipher, but?: string) =>
  Object.entries(drops).reduce((sum, [cause, count]) => sum + (cause === but ? 0 : count), 0)

/** What opening came to, of packets alone. */
function openedAs(packets: readonly Uint8Array[]): OpenResult {
  const all = packets.map((bytes): Packet => ({ bytes, segmentSize: 0, checksum: 'full' }))
  return { opened: [{ peer: PEER, packets: all, roams: false, probeReplies: [] }], replies: [] }
}

/** Copies of the packets that were opened. */
function contents({ opened }: OpenResult): Uint8Array[] {
  return opened.flatMap(({ packets }) => packets.map(({ bytes }) => Uint8Array.from(bytes)))
}

/** A broken part for each case of ciphers that authenticate or have sessions, which nothing but that finds out. */
const BROKEN: Readonly<Record<string, Broken>> = {
  'opens datagrams in any order': (cipher) => {
    const newest = new Map<number, number>()
    return {
      open(link, datagrams, now) {
        const counters = datagrams
          .filter((one) => isKind(DATA)(one) && one.length >= DATA_HEADER)
          .map(({ buffer, byteOffset }) => new DataView(buffer, byteOffset))
          .map((view) => [view.getUint32(INDEX_AT, true), view.getUint32(COUNTER_AT, true)] as const)
        const hasLate = counters.some(([index, counter]) => counter < (newest.get(index) ?? 0) - 8)
        const result = cipher.open(link, datagrams, now)
        if (contents(result).length > 0)
          for (const [index, counter] of counters)
            newest.set(index, Math.max(counter, newest.get(index) ?? 0))
        return hasLate ? { ...result, opened: [] } : result
      },
    }
  },
  'drops and counts a datagram with any byte changed, and still opens the genuine one': (cipher) => ({
    open(link, datagrams, now) {
      for (const datagram of datagrams) if (isKind(DATA)(datagram)) datagram[1]! &= ~1
      return cipher.open(link, datagrams, now)
    },
  }),
  'drops and counts a datagram that it opened before': (cipher) => {
    const known = new Map<string, Uint8Array[]>()
    return {
      open(link, datagrams, now) {
        const [name] = datagrams.map(hex)
        const again = known.get(name ?? '')
        if (again !== undefined) return openedAs(again.map((bytes) => Uint8Array.from(bytes)))
        const result = cipher.open(link, datagrams, now)
        const packets = contents(result)
        if (packets.length > 0) known.set(name!, packets)
        return result
      },
    }
  },
  'opens what is genuine of a batch with forged datagrams in it': (cipher) => ({
    open(link, datagrams, now) {
      const before = total(cipher)
      const result = cipher.open(link, datagrams, now)
      return total(cipher) > before ? { ...result, opened: [] } : result
    },
  }),
  'moves a peer by its newest datagram only': (cipher) => ({
    open(link, datagrams, now) {
      const { opened, replies } = cipher.open(link, datagrams, now)
      const moved = opened.map((group) => ({ ...group, roams: group.roams || group.packets.length > 0 }))
      return { opened: moved, replies }
    },
  }),
  'does not open what it sealed itself': (cipher) => {
    const own = new Map<string, Uint8Array>()
    return {
      seal(peer, packets, most, now) {
        const texts = packets.map(({ bytes }) => Uint8Array.from(bytes))
        const datagrams = cipher.seal(peer, packets, most, now)
        if (datagrams.length === texts.length)
          for (const [at, datagram] of datagrams.entries()) own.set(hex(datagram), texts[at]!)
        return datagrams
      },
      open(link, datagrams, now) {
        const mirrored = datagrams.map((datagram) => own.get(hex(datagram)))
        if (mirrored.some((text) => text !== undefined))
          return openedAs(mirrored.filter((text) => text !== undefined))
        return cipher.open(link, datagrams, now)
      },
    }
  },
  'sends what waited for the keys, copied when it came': (cipher) => {
    const lent: Packet[] = []
    return {
      seal(peer, packets, most, now) {
        if (packets.length < 2 || cipher.sessions!.live(peer, now))
          return cipher.seal(peer, packets, most, now)
        lent.push(...packets.slice(1))
        return cipher.seal(peer, packets.slice(0, 1), most, now)
      },
      open(link, datagrams, now) {
        const { opened, replies } = cipher.open(link, datagrams, now)
        if (lent.length === 0 || !cipher.sessions!.live(PEER, now)) return { opened, replies }
        const said = replies.map((bytes) => Uint8Array.from(bytes)) // they are lent until the next call
        return { opened, replies: [...said, ...cipher.seal(PEER, lent.splice(0), 65_535, now)] }
      },
    }
  },
  'tries again when the first messages of an end are lost': (cipher) => {
    let tries = 0
    return {
      tick: (now) =>
        cipher.tick(now).map(({ peer, datagrams }) => {
          if (cipher.sessions!.live(peer, now)) tries = 0
          const again = datagrams.some(isKind(INITIATION)) && ++tries > 2
          return { peer, datagrams: again ? datagrams.filter((one) => !isKind(INITIATION)(one)) : datagrams }
        }),
    }
  },
  'agrees on keys although every byte of its first message came forged before': (cipher) => ({
    open(link, datagrams, now) {
      const isBanned = total(cipher, 'staged') > 50 && !cipher.sessions!.live(PEER, now)
      return isBanned ? NOTHING : cipher.open(link, datagrams, now)
    },
  }),
  'agrees on keys when both ends start at once': (cipher) => {
    let hasAsked = false
    return {
      seal(peer, packets, most, now) {
        hasAsked ||= packets.length > 0
        return cipher.seal(peer, packets, most, now)
      },
      open(link, datagrams, now) {
        const isBusy =
          hasAsked && !cipher.sessions!.live(PEER, now) && cipher.sessions!.handshake!(PEER) === undefined
        const heard = isBusy ? datagrams.filter((one) => !isKind(INITIATION)(one)) : datagrams
        return cipher.open(link, heard, now)
      },
    }
  },
  'stages a bounded number of packets, drops and counts the oldest, and floods nobody': (cipher) => ({
    get drops() {
      return { ...cipher.drops, staged: 0 }
    },
  }),
  'loses nothing while keys are replaced under traffic': (cipher, clock) => {
    const start = clock.now()
    let last = start
    let hasLost = false
    return {
      open(link, datagrams, now) {
        const result = cipher.open(link, datagrams, now)
        if (contents(result).length === 0) return result
        const isDue = !hasLost && now - start > 100_000 && now - last < 2_000
        last = now
        hasLost ||= isDue
        return isDue ? { ...result, opened: [] } : result
      },
    }
  },
  'forgets its keys when idle, then wants no more ticks': (cipher) =>
    withSessions(cipher, { live: (peer) => cipher.sessions!.handshake!(peer) !== undefined }),
  'agrees on new keys after it forgot the old ones': (cipher) => {
    let wasLive = false
    return {
      seal(peer, packets, most, now) {
        const isLive = cipher.sessions!.live(peer, now)
        if (wasLive && !isLive) return []
        const sealed = cipher.seal(peer, packets, most, now)
        wasLive ||= isLive
        return sealed
      },
    }
  },
  'starts a handshake when told to, and only one at a time': (cipher) =>
    withSessions(cipher, {
      initiate: (peer, now) => [...cipher.sessions!.initiate(peer, now), new Uint8Array(1)],
    }),
  'stops asking a peer that never answers': (cipher) => {
    let asked: number | undefined
    return {
      seal(peer, packets, most, now) {
        asked ??= packets.length > 0 ? now : undefined
        return cipher.seal(peer, packets, most, now)
      },
      tick(now) {
        asked &&= now
        return cipher.tick(now)
      },
      get nextTick() {
        const isUnanswered = asked !== undefined && cipher.sessions!.handshake!(PEER) === undefined
        return isUnanswered ? Math.min(cipher.nextTick, asked! + 10_000) : cipher.nextTick
      },
    }
  },
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

describe('cipherCases', () => {
  it('finds nothing wrong with a sound cipher that has sessions', async () => {
    expect(await failingCases(brokenCases(() => ({}), true))).toEqual([])
  })

  it.each(Object.entries(BROKEN))('alone finds what breaks: %s', async (name, broken) => {
    expect(await failingCases(brokenCases(broken, true))).toEqual([name])
  })

  it('has a broken part for each case of ciphers that authenticate or have sessions', () => {
    const of = (sessions: boolean) => brokenCases(() => ({}), sessions).map(({ name }) => name)
    const plain = of(false)
    const proven = Object.keys(BROKEN).filter((name) => !plain.includes(name))
    expect(proven.toSorted()).toEqual(
      of(true)
        .filter((name) => !plain.includes(name))
        .toSorted(),
    )
  })
})
