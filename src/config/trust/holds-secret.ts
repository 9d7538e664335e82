import type { ConfigModel } from '../schema/model.js'

/** Whether a configuration has keys or passwords in it. */
export function holdsSecret({ interface: own, peers }: ConfigModel): boolean {
  if (own.privateKey !== undefined || own.key !== undefined) return true
  return peers.some(({ presharedKey, proxy }) => presharedKey !== undefined || proxy?.includes('@'))
}
