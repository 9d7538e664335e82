import type { DependencyContainer } from 'tsyringe'
import type { Cipher } from '../core/api/cipher.js'
import type { TunnelConfig } from '../core/api/config.js'
import { choosePlugin } from './plugins/plugins.js'

/**
 * Makes the cipher that a configuration names.
 *
 * @throws QanatError if it is not known, or the keys do not fit it.
 */
export async function makeCipher(
  container: DependencyContainer,
  { cipher, key, privateKey, peers, tun }: TunnelConfig,
  signal: AbortSignal,
): Promise<Cipher> {
  const chosen = choosePlugin(container, 'cipher', cipher)
  const made = await chosen.make({ key, privateKey, peers, mtu: tun.mtu }, signal)
  if (!chosen.isGuarded) return made
  const { GuardedCipher } = await import('./faults/guarded-cipher.js')
  const { faults } = chosen
  faults.checkMade('create', 'cipher', made)
  return new GuardedCipher(made, faults)
}
