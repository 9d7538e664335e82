import { ConfigError } from '../../core/api/errors.js'
import type { ConfigModel } from '../schema/model.js'

/**
 * Checks that nobody else can read the keys and passwords in a configuration.
 *
 * @throws ConfigError if somebody can.
 */
export function checkSecrets(source: string, model: ConfigModel, exposure: string | undefined): void {
  if (exposure === undefined || !holdsSecret(model)) return
  throw new ConfigError(`Cannot use ${source}: ${exposure}`, { code: 'ERR_CONFIG_VALUE' })
}

function holdsSecret({ interface: own, peers }: ConfigModel): boolean {
  if (own.privateKey !== undefined || own.key !== undefined) return true
  return peers.some(({ presharedKey, proxy }) => presharedKey !== undefined || proxy?.includes('@'))
}
