import type { PeerManager } from '../../core/api/cipher.js'
import { ConfigError } from '../../core/api/errors.js'
import { changesKeys, type PeerChanges } from './changes.js'

/** Tells a cipher of new peers and keys: of all of them or, if it refuses one, of none. */
export function changeKeys(
  manager: PeerManager | undefined,
  { added, changed, ownKey, removed, staying }: PeerChanges,
): void {
  const rekeyed = changed.filter(changesKeys)
  if (manager === undefined) {
    if (added.length + removed.length + rekeyed.length === 0 && ownKey === undefined) return
    throw new ConfigError(
      'Cannot change peers or keys while the tunnel runs: its cipher does not support that; restart the tunnel',
      { code: 'ERR_CONFIG_VALUE' },
    )
  }
  const done: (() => void)[] = []
  try {
    if (ownKey !== undefined) {
      if (manager.identify === undefined) throw ownKeyStays()
      manager.identify(ownKey.after, staying)
      done.push(() => manager.identify!(ownKey.before, staying))
    }
    for (const { before, after } of rekeyed) {
      manager.change(after)
      done.push(() => manager.change(before))
    }
    for (const peer of added) {
      manager.add(peer)
      done.push(() => manager.remove(peer.id))
    }
  } catch (thrown) {
    for (const undo of done.reverse()) undo()
    throw thrown
  }
}

function ownKeyStays(): ConfigError {
  return new ConfigError(
    'Cannot change the own private key while the tunnel runs: its cipher does not support that; restart the tunnel',
    { code: 'ERR_CONFIG_VALUE' },
  )
}
