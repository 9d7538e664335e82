import { stringify } from 'smol-toml'
import type { Converted } from '../schema/converted.js'
import type { ConfigModel, PeerModel } from '../schema/model.js'
import { kebabKeys } from '../schema/names.js'
import { wgQuickKeys } from '../schema/wg-quick.js'

/** The lines of a further peer, to be put behind a file's text. */
export function writeTomlPeer(peer: PeerModel): string {
  return stringify({ peer: [kebabKeys(peer)] })
}

/** A model as a TOML file; all of a TOML file can be written, but not what only wg-quick's say. */
export function writeToml({ peers, ...tables }: ConfigModel): Converted {
  const { interface: own, ...others } = kebabKeys(tables) as Record<string, object> & { interface: object }
  const kept = Object.entries(own).filter(([name]) => !(name in wgQuickKeys))
  const lost = Object.keys(own).filter((name) => name in wgQuickKeys)
  const peer = kebabKeys(peers) as object[]
  return {
    text: stringify({ interface: Object.fromEntries(kept), ...others, ...(peer.length > 0 && { peer }) }),
    remarks: lost.map((name) => `'${name}' in [interface] is lost: TOML files do not have it`),
  }
}
