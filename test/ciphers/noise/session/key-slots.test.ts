import { describe, expect, it } from 'vitest'
import { nodeAead } from '../../../../src/ciphers/aead/aead-node.js'
import { KeyPair } from '../../../../src/ciphers/noise/session/key-pair.js'
import { KeySlots } from '../../../../src/ciphers/noise/session/key-slots.js'
import { Deadline } from '../../../../src/core/time/deadline.js'
import { AESGCM_SHA256, keysBy } from '../../../support/ciphers/psk-protocols.js'

const [LOWER, HIGHER] = [{ winsTieBreak: true }, { winsTieBreak: false }]

/** Sessions with one peer, by name, and which of them are used no more. */
function lab() {
  const names = new Map<KeyPair, string>()
  const discarded: string[] = []
  const deadline = new Deadline()
  const slots = new KeySlots((keyPair) => discarded.push(names.get(keyPair)!), deadline)
  return {
    slots,
    deadline,
    discarded,
    session(name: string, initiator: boolean, now: number): KeyPair {
      const keyPair = new KeyPair({
        ...{
          useKey: keysBy(nodeAead, AESGCM_SHA256),
          suite: AESGCM_SHA256,
          limits: { rekeyAfter: 10, rejectAfter: 20 },
        },
        ...{ initiator, localIndex: 1, remoteIndex: 2, now },
        keys: { send: new Uint8Array(32), receive: new Uint8Array(32) },
      })
      names.set(keyPair, name)
      return keyPair
    },
  }
}

describe('KeySlots', () => {
  it('seals with a session that the peer started only once the peer used it', () => {
    const { slots, session } = lab()
    const answered = session('answered', false, 0)
    slots.answered(answered)
    expect([slots.sealing(0), slots.next]).toEqual([undefined, answered])
    expect(slots.used(answered, LOWER, 0)).toBe(true)
    expect([slots.sealing(0), slots.next]).toEqual([answered, undefined])
    expect(slots.used(answered, LOWER, 0)).toBe(false)
  })

  it('keeps the session before the one in use, and discards the one before that', () => {
    const { slots, discarded, session } = lab()
    for (const name of ['first', 'second', 'third']) slots.started(session(name, true, 0))
    expect(discarded).toEqual(['first'])
  })

  it('discards a session that the peer started and never used when it starts another one', () => {
    const { slots, discarded, session } = lab()
    for (const name of ['first', 'second']) slots.answered(session(name, false, 0))
    expect(discarded).toEqual(['first'])
  })

  it('discards each session 540 s after it began, whether it was used or not', () => {
    const { slots, discarded, session } = lab()
    slots.started(session('previous', true, 0))
    slots.started(session('current', true, 1_000))
    slots.answered(session('next', false, 2_000))
    const left = [539_999, 540_000, 540_999, 541_000, 541_999, 542_000].map((now) => {
      slots.discardOld(now)
      return discarded.length
    })
    expect(left).toEqual([0, 1, 1, 2, 2, 3])
    expect(discarded).toEqual(['previous', 'current', 'next'])
    expect([slots.current, slots.next, slots.discardAt]).toEqual([
      undefined,
      undefined,
      Number.POSITIVE_INFINITY,
    ])
  })

  it('lowers the deadline to the end of each session, whoever started it', () => {
    for (const takes of ['started', 'answered'] as const) {
      const { deadline, slots, session } = lab()
      slots[takes](session('only', takes === 'started', 7))
      expect(deadline.at).toBe(540_007)
    }
  })

  it('discards all sessions when it is cleared', () => {
    const { slots, discarded, session } = lab()
    slots.started(session('previous', true, 0))
    slots.started(session('current', true, 0))
    slots.answered(session('next', false, 0))
    slots.clear()
    expect(discarded).toEqual(['previous', 'current', 'next'])
  })

  it('turns to the session of the peer where both started one at once, unless it ranks higher', () => {
    for (const [remote, turns] of [
      [LOWER, true],
      [HIGHER, false],
    ] as const) {
      const { slots, session } = lab()
      const [own, theirs] = [session('own', true, 0), session('theirs', false, 10)]
      slots.started(own)
      slots.answered(theirs)
      expect(slots.used(theirs, remote, 999)).toBe(turns)
      expect(slots.current).toBe(turns ? theirs : own)
      // Later than this moment it is a new session and no crossing.
      if (!turns) expect(slots.used(theirs, remote, 1_000)).toBe(true)
    }
  })
})
