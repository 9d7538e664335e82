import type { ConfigModel, PeerModel } from '../schema/model.js'
import type { Files } from './transport-settings.js'

/** The same with its keys in place of the files that hold them, for formats that name no such files. */
export function inlineKeys({ interface: own, peers, ...tables }: ConfigModel, files: Files): ConfigModel {
  const { privateKeyFile, ...rest } = own
  const privateKey = privateKeyFile === undefined ? own.privateKey : files.key(privateKeyFile)
  return {
    interface: { ...rest, ...(privateKey !== undefined && { privateKey }) },
    peers: peers.map((peer) => inlinePeer(peer, files)),
    ...tables,
  }
}

function inlinePeer({ presharedKeyFile, ...peer }: PeerModel, files: Files): PeerModel {
  return presharedKeyFile === undefined ? peer : { ...peer, presharedKey: files.key(presharedKeyFile) }
}
