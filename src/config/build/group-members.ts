import type { PeerModel } from '../schema/model.js'

/** Gives members of groups what one of them says for all: what they own, and how one of them is chosen. */
export function groupMembers(peers: readonly PeerModel[]): readonly PeerModel[] {
  return peers.map((peer) => {
    if (peer.group === undefined) return peer
    const members = peers.filter(({ group }) => group === peer.group)
    const allowedIps = members.find((member) => member.allowedIps !== undefined)?.allowedIps
    const choose = members.find((member) => member.choose !== undefined)?.choose
    return { ...peer, ...(allowedIps && { allowedIps }), ...(choose && { choose }) }
  })
}
