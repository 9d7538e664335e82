import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import { ANY_PORT } from '../../core/settings/ports.js'
import type { ConfigModel, PeerModel } from '../schema/model.js'

/** What wg(8) may change of a tunnel that runs. */
type Changed = Pick<TunnelConfig, 'listen' | 'peers' | 'privateKey' | 'transports'>

/**
 * A file's model with the keys, peers, port and mark of a tunnel that runs, as SaveConfig of wg-quick(8) saves them. `file` is
 * what the file itself makes of a tunnel: endpoints that are still the same stay as the file writes them.
 */
export function savedModel(model: ConfigModel, file: Changed, running: Changed): ConfigModel {
  const { fwmark, listen: _, privateKey: __, ...own } = model.interface
  const listen = running.listen.map(String).filter((text) => !text.endsWith(`:${ANY_PORT}`))
  const mark = running.transports?.mark ?? fwmark ?? 0
  return {
    ...model,
    interface: {
      ...own,
      ...(running.privateKey !== undefined && { privateKey: running.privateKey }),
      ...(listen.length > 0 && { listen }),
      ...(mark !== 0 && { fwmark: mark }),
    },
    peers: running.peers.map((peer) => {
      const isSame = ({ id }: PeerConfig) => id === peer.id
      const before = model.peers.find(({ publicKey }) => publicKey === peer.id)
      return savedPeer(peer, before, file.peers.find(isSame))
    }),
  }
}

function savedPeer(peer: PeerConfig, model: PeerModel | undefined, file: PeerConfig | undefined): PeerModel {
  const { allowedIps: _, endpoints: written = [], keepalive: __, presharedKey: ___, ...others } = model ?? {}
  const { keepalive = 0 } = peer
  const isSame = file !== undefined && String(file.endpoints) === String(peer.endpoints)
  const endpoints = isSame ? written : peer.endpoints.map(String)
  return {
    ...others,
    publicKey: peer.id,
    ...(peer.presharedKey !== undefined && { presharedKey: peer.presharedKey }),
    ...(peer.allowed.length > 0 && { allowedIps: peer.allowed.map(({ text }) => text) }),
    ...(endpoints.length > 0 && { endpoints }),
    ...(keepalive > 0 && { keepalive }),
  }
}
