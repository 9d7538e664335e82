import { aes256Gcm } from '../../../src/ciphers/psk.js'
import { cipherCases } from '../../../src/conformance/cipher/cipher-cases.js'
import type { Case } from '../../../src/conformance/kit/case.js'
import type { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Cipher, Sessions } from '../../../src/core/api/cipher.js'
import { statelessCipher } from '../../../src/core/api/stateless-cipher.js'
import { partContext } from '../../support/ciphers/part-context.js'
import { changed } from '../kit/changed.js'

/** Members of a cipher in place of those of a sound one. Made anew for each end of each case. */
export type Broken = (cipher: Cipher, clock: VirtualClock) => Partial<Cipher>

const KEY = '5a'.repeat(32)
/** Those of ciphers by `noiseCipher`. */
const TIMES = { rekeyAfter: 120_000, idleAfter: 600_000, extended: true }

/** The cases of a cipher that is broken at both of its ends. */
export function brokenCases(broken: Broken, sessions: boolean): Case[] {
  const end = (clock: VirtualClock) => {
    const plain = sessions
      ? aes256Gcm.create({ ...partContext({ clock }), key: KEY, peers: [{ id: 'peer' }] })
      : statelessCipher('peer', { seal: (packet) => packet, open: (datagram) => datagram })
    return { cipher: changed(plain as Cipher, broken(plain as Cipher, clock)), peer: 'peer' }
  }
  const setup = (clock: VirtualClock) => ({ near: end(clock), far: end(clock) })
  return cipherCases({ setup, authenticates: sessions, ...(sessions && { sessions: TIMES }) })
}

/** The same sessions but for some members. */
export function withSessions(cipher: Cipher, members: Partial<Sessions>): Partial<Cipher> {
  return { sessions: { ...cipher.sessions!, ...members } }
}
