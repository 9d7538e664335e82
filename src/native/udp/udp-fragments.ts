import type { Native } from '../base/native.js'
import {
  type Family,
  IP_MTU_DISCOVER,
  IPV6_DONTFRAG,
  IPV6_MTU_DISCOVER,
  SOL_IP,
  SOL_IPV6,
} from '../base/sockets.js'
import { setOption } from '../sockets/socket-calls.js'

/** How a socket deals with a path's MTU. linux/in.h, linux/in6.h: the numbers are the same for both families. */
const PMTUDISC_DONT = 0
const PMTUDISC_WANT = 1
const PMTUDISC_PROBE = 3

/**
 * Lets a UDP socket's datagrams be fragmented: over IPv4 by any router (no `don't fragment` bit, as the
 * kernel's WireGuard has it), over IPv6 by this host once a router told it to.
 */
export function allowFragments(native: Native, fd: number, family: Family): void {
  if (family === 4) {
    setOption(native, fd, SOL_IP, IP_MTU_DISCOVER, PMTUDISC_DONT)
    return
  }
  setOption(native, fd, SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_WANT)
  setOption(native, fd, SOL_IPV6, IPV6_DONTFRAG, 0)
}

/**
 * Forbids fragmenting a UDP socket's datagrams, whatever the kernel believes of a path's MTU: what exceeds that of
 * this host's interface is refused with EMSGSIZE, and what exceeds the path's is lost. False if the kernel cannot.
 */
export function forbidFragments(native: Native, fd: number, family: Family): boolean {
  if (family === 4) return setOption(native, fd, SOL_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE) === 0
  return (
    setOption(native, fd, SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE) === 0 &&
    setOption(native, fd, SOL_IPV6, IPV6_DONTFRAG, 1) === 0
  )
}
