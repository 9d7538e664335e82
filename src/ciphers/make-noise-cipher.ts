import { randomBytes } from 'node:crypto'
import type { DependencyContainer } from 'tsyringe'
import { MTU } from '../core/api/config.js'
import type { Logger } from '../core/api/logger.js'
import { type CipherSettings, CLOCK, LOGGER } from '../core/api/plugin.js'
import type { Clock } from '../core/time/clock.js'
import type { Protocol } from './noise/handshake/protocol.js'
import { processTimestamps } from './noise/handshake/tai64n.js'
import { NoiseCipher } from './noise/noise-cipher.js'

/**
 * A cipher of the data plane with the settings' peers.
 *
 * @throws ConfigError when the keys of a peer are not right.
 */
export function makeNoiseCipher(
  protocol: Protocol,
  { mtu, peers, takesSuperPackets }: CipherSettings,
  container: DependencyContainer,
  protocolFor?: (privateKey: string | undefined) => Protocol,
): NoiseCipher {
  const clock = container.resolve<Clock>(CLOCK)
  const log = container.resolve<Logger>(LOGGER)
  const { aead } = protocol.suite
  const cipher = new NoiseCipher({
    protocol,
    protocolFor,
    useKey: aead.inSessions?.(log) ?? ((key) => aead.withKey(key)),
    random: randomBytes,
    wall: () => clock.wall(),
    timestamps: processTimestamps,
    log,
    mtu: mtu ?? MTU.default,
    takesSuperPackets: takesSuperPackets ?? true,
  })
  for (const peer of peers) cipher.peerManager.add(peer)
  return cipher
}
