import { native } from '../base/native.js'
import type { Watcher } from '../base/watcher.js'
import { boundToNamespace } from '../process/namespace-scope.js'
import { NETLINK_NETFILTER, NETLINK_ROUTE, NetlinkSocket } from './netlink-socket.js'

/** Groups of events: links, addresses, routes and rules of both families. linux/rtnetlink.h (RTMGRP, RTNLGRP) */
const ROUTE_GROUPS = 0x1 | 0x10 | 0x100 | 0x40 | 0x400 | 0x80 | (1 << 18)
/** RTNLGRP-like number 7 of nfnetlink: tables, chains and rules of nftables. linux/netfilter/nfnetlink.h */
const NFTABLES_GROUP = 1 << 6

/** What changed, by whom. */
export interface NetworkEvent {
  readonly kind: 'routing' | 'filter'
  /** The process id, as a rule; 0 for the kernel itself, undefined if events were lost. */
  readonly port: number | undefined
}

/**
 * Watches the host's interfaces, addresses, routes, rules and packet filter. `changed` is called for each event, the
 * process's own included.
 */
export class NetworkWatch {
  readonly #watched: { readonly socket: NetlinkSocket; readonly watcher: Watcher }[] = []

  /** @throws QanatError ERR_NATIVE if the system cannot be called directly. */
  constructor(changed: (event: NetworkEvent) => void, failed: (error: unknown) => void) {
    const told = boundToNamespace(changed)
    this.#watch('routing', NETLINK_ROUTE, ROUTE_GROUPS, told, failed)
    this.#watch('filter', NETLINK_NETFILTER, NFTABLES_GROUP, told, failed)
  }

  async close(): Promise<void> {
    for (const { socket, watcher } of this.#watched.splice(0)) {
      await watcher.close()
      socket.close()
    }
  }

  #watch(
    kind: NetworkEvent['kind'],
    family: number,
    groups: number,
    changed: (event: NetworkEvent) => void,
    failed: (error: unknown) => void,
  ): void {
    const socket = new NetlinkSocket(family, groups)
    const read = () => {
      const messages = socket.receive()
      if (messages === undefined) changed({ kind, port: undefined })
      else for (const { port } of messages) changed({ kind, port })
    }
    this.#watched.push({ socket, watcher: native().watchers.watch(socket.fd, read, failed) })
  }
}
