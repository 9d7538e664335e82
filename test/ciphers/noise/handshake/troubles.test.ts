import { describe, expect, it } from 'vitest'
import { HandshakeTroubles } from '../../../../src/ciphers/noise/handshake/troubles.js'

const none = () => undefined

function codesOf(troubles: HandshakeTroubles, now: number, handshakeAt: () => number | undefined = none) {
  return troubles.at(now, handshakeAt).map(({ reason, times }) => [reason.code, times])
}

describe('troubles of handshakes', () => {
  it('are counted by reason, peer and host, whatever its port', () => {
    const troubles = new HandshakeTroubles()
    troubles.note('wrong-key', { remote: 'udp://192.0.2.7:1' }, 0)
    troubles.note('wrong-key', { remote: 'udp://192.0.2.7:2' }, 5_000)
    troubles.note('wrong-key', { remote: 'udp://192.0.2.8:1' }, 6_000)
    expect(codesOf(troubles, 7_000)).toEqual([
      ['wrong-key', 2],
      ['wrong-key', 1],
    ])
  })

  it('are over once the peer made a session, or its host proved itself, or after 3 min', () => {
    const troubles = new HandshakeTroubles()
    troubles.note('wrong-psk', { peer: 'a' }, 1_000)
    expect(codesOf(troubles, 2_000, () => 500)).toEqual([['wrong-psk', 1]])
    expect(codesOf(troubles, 2_000, () => 1_500)).toEqual([])
    troubles.note('wrong-key', { remote: 'udp://192.0.2.7:1' }, 2_000)
    troubles.succeeded('udp://192.0.2.7:9')
    expect(codesOf(troubles, 3_000)).toEqual([['wrong-psk', 1]])
    expect(codesOf(troubles, 181_000)).toEqual([])
  })

  it('are 16 at the most, and one of a kind in 100 ms, however many an attacker makes up', () => {
    const troubles = new HandshakeTroubles()
    for (let at = 0; at < 10_000; at++) troubles.note('wrong-key', { remote: `udp://192.0.2.${at}:1` }, at)
    expect(codesOf(troubles, 10_000).length).toBe(16)
    const flooded = new HandshakeTroubles()
    for (let at = 0; at < 99; at++) flooded.note('wrong-key', { remote: `udp://192.0.2.${at}:1` }, 0)
    expect(codesOf(flooded, 0)).toEqual([['wrong-key', 1]])
  })
})
