import { randomBytes } from 'node:crypto'
import { MTU } from '../core/api/config.js'
import type { CipherContext } from '../core/plugin/plugin.js'
import type { Protocol } from './noise/handshake/protocol.js'
import { timestampsOf } from './noise/handshake/tai64n.js'
import { NoiseCipher } from './noise/noise-cipher.js'

/** What of a cipher's context it is made of. */
export type NoiseContext = Pick<CipherContext, 'clock' | 'log' | 'mtu' | 'peers' | 'takesSuperPackets'>

/**
 * A cipher of the data plane with the context's peers.
 *
 * @throws ConfigError when the keys of a peer are not right.
 */
export function makeNoiseCipher(
  protocol: Protocol,
  { clock, log, mtu, peers, takesSuperPackets }: NoiseContext,
  protocolFor?: (privateKey: string | undefined) => Protocol,
): NoiseCipher {
  const { aead } = protocol.suite
  const cipher = new NoiseCipher({
    protocol,
    protocolFor,
    useKey: aead.inSessions?.(log) ?? ((key) => aead.withKey(key)),
    random: randomBytes,
    wall: () => clock.wall(),
    timestamps: timestampsOf(clock),
    log,
    mtu: mtu ?? MTU.default,
    takesSuperPackets: takesSuperPackets ?? true,
  })
  for (const peer of peers) cipher.peerManager.add(peer)
  return cipher
}
