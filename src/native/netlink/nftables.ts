import { encodeAttribute } from './netlink-message.js'
import { NETLINK_NETFILTER, NetlinkError, NetlinkSocket } from './netlink-socket.js'

/** linux/netfilter/nfnetlink.h: the begin and the end of what is done at once or not at all, and whom it is for. */
const NFNL_MSG_BATCH_BEGIN = 0x10
const NFNL_MSG_BATCH_END = 0x11
const NFNL_SUBSYS_NFTABLES = 10
/** linux/netfilter/nf_tables.h */
const NFT_MSG_DELTABLE = (NFNL_SUBSYS_NFTABLES << 8) | 2
const NFTA_TABLE_NAME = 1
/** linux/netfilter.h: both families of IP. */
const NFPROTO_INET = 1
/** Bytes of struct nfgenmsg, and where its fields are. */
const HEADER = 4
const SUBSYSTEM = 2
/** Errors that say that there is no such table, or that this kernel can have none. */
const NONE = ['ENOENT', 'EOPNOTSUPP', 'EPROTONOSUPPORT']

/**
 * Deletes a table of nftables of the family inet, by the kernel's own messages. That there is none is no error.
 *
 * @throws NetlinkError with what the kernel says; QanatError ERR_NATIVE if it cannot be asked.
 */
export function deleteTable(name: string): void {
  const socket = new NetlinkSocket(NETLINK_NETFILTER)
  try {
    const table = Buffer.concat([
      header(NFPROTO_INET, 0),
      encodeAttribute(NFTA_TABLE_NAME, Buffer.from(`${name}\0`)),
    ])
    const bound = header(0, NFNL_SUBSYS_NFTABLES)
    // Linux acknowledges the begin and the end from 6.10 on only.
    socket.changeAtOnce('delete a table of nftables', [
      { type: NFNL_MSG_BATCH_BEGIN, body: bound, acknowledged: false },
      { type: NFT_MSG_DELTABLE, body: table, acknowledged: true },
      { type: NFNL_MSG_BATCH_END, body: bound, acknowledged: false },
    ])
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError) || !NONE.includes(thrown.errno)) throw thrown
  } finally {
    socket.close()
  }
}

/** The subsystem is in network byte order. */
function header(family: number, subsystem: number): Buffer {
  const bytes = Buffer.alloc(HEADER)
  bytes[0] = family
  bytes.writeUInt16BE(subsystem, SUBSYSTEM)
  return bytes
}
