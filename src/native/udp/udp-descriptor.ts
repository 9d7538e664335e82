import fs from 'node:fs'
import type { Native } from '../base/native.js'
import {
  ADDRESS_FAMILY,
  IP_PKTINFO,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_MARK,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
  UDP_SEGMENT,
} from '../base/sockets.js'
import type { SocketAddress } from '../sockets/socket-address.js'
import { bindTo, check, setOption } from '../sockets/socket-calls.js'
import { allowFragments } from './udp-fragments.js'

/** Bytes of the kernel's buffer for each direction: some 30 ms at 2 Gbit/s. */
const BUFFER_BYTES = 8 * 2 ** 20

/** A bound UDP socket. The opener closes `fd`. */
export interface UdpDescriptor {
  readonly fd: number
  readonly port: number
  /** Whether the kernel cuts large messages into datagrams (Linux 4.18). */
  readonly segments: boolean
  /** Whether the kernel joins datagrams into large messages (Linux 5.0). */
  readonly joins: boolean
}

/**
 * Opens an unconnected, non-blocking UDP socket, bound to `address`, that tells to which local address each
 * datagram came. `mark` marks what it sends, for routing rules; 0 leaves it unmarked.
 *
 * @throws Error whose `code` is the error's name, such as `EADDRINUSE`.
 */
export function openUdp(native: Native, address: SocketAddress, mark = 0): UdpDescriptor {
  const { family } = address
  const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC
  const fd = check('socket', native.sockets.socket(ADDRESS_FAMILY[family], type, 0))
  try {
    const set = (level: number, name: number, value: number) => setOption(native, fd, level, name, value)
    if (family === 6) check('setsockopt IPV6_V6ONLY', set(SOL_IPV6, IPV6_V6ONLY, 1))
    if (mark !== 0) check('setsockopt SO_MARK', set(SOL_SOCKET, SO_MARK, mark))
    if (family === 6) check('setsockopt IPV6_RECVPKTINFO', set(SOL_IPV6, IPV6_RECVPKTINFO, 1))
    else check('setsockopt IP_PKTINFO', set(SOL_IP, IP_PKTINFO, 1))
    // Beyond the system's limit only with CAP_NET_ADMIN; without it, up to the limit.
    if (set(SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES) < 0) set(SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES)
    if (set(SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES) < 0) set(SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES)
    allowFragments(native, fd, family)
    const segments = set(SOL_UDP, UDP_SEGMENT, 0) >= 0 // 0: each message says for itself
    const joins = set(SOL_UDP, UDP_GRO, 1) >= 0
    return { fd, port: bindTo(native, fd, address), segments, joins }
  } catch (thrown) {
    fs.closeSync(fd)
    throw thrown
  }
}
