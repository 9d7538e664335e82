import {
  encodeAddress,
  encodeAgain,
  type HostAddress,
  type NewAddress,
  parseAddress,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_NEWADDR,
} from './address.js'
import {
  encodeLink,
  encodeLinkQuestion,
  type HostLink,
  type LinkSettings,
  linkMtu,
  parseLink,
  RTM_GETLINK,
  RTM_NEWLINK,
} from './link.js'
import type { NetlinkMessage } from './netlink-message.js'
import { NETLINK_ROUTE, NetlinkError, NetlinkSocket } from './netlink-socket.js'
import {
  AF_INET,
  AF_INET6,
  parseRoute,
  type Route,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
} from './route.js'
import { encodeRouteQuestion, parseRouteAnswer, type RouteQuestion } from './route-mtu.js'
import {
  encodeRule,
  type MarkRule,
  parseRule,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWRULE,
  type ShownRule,
  type UserRule,
} from './rule.js'

/** linux/netlink.h: adds what is not there yet, and refuses what is; and adds it behind what is there. */
const CREATE_NEW = 0x400 | 0x200
const CREATE_BEHIND = 0x400 | 0x800
/** Bytes of the longest fixed part of a request. */
const REQUEST_BYTES = 16
/** Errors that say that what is to be removed is not there. */
const GONE = ['ESRCH', 'ENOENT', 'ENODEV', 'EADDRNOTAVAIL']

/** Looks at the host's interfaces, addresses, routes and routing rules, and changes them, by one netlink socket. */
export class RouteNetlink {
  readonly #socket = new NetlinkSocket(NETLINK_ROUTE)

  links(): HostLink[] {
    return this.#dump('list interfaces', RTM_GETLINK, 0, parseLink)
  }

  /** Bytes of the largest packet that an interface carries. @throws NetlinkError if there is none of that number. */
  mtuOf(link: number): number | undefined {
    return linkMtu(this.#socket.ask('look at an interface', RTM_GETLINK, encodeLinkQuestion(link)))
  }

  addresses(): HostAddress[] {
    return this.#dump('list addresses', RTM_GETADDR, 0, parseAddress)
  }

  /** Those of all tables, but for what the kernel made of others. */
  routes(): Route[] {
    return this.#dump('list routes', RTM_GETROUTE, 0, parseRoute).filter(({ cloned }) => !cloned)
  }

  rules(family: 4 | 6): ShownRule[] {
    return this.#dump('list routing rules', RTM_GETRULE, family === 4 ? AF_INET : AF_INET6, parseRule)
  }

  /**
   * Bytes of the largest packet that the route of a question carries, by what it says itself and by its interfaces.
   *
   * @throws NetlinkError if there is no such route.
   */
  routeMtu(question: RouteQuestion): number | undefined {
    const answer = this.#socket.ask('look a route up', RTM_GETROUTE, encodeRouteQuestion(question))
    const { mtu, links } = parseRouteAnswer(answer)
    const limits = links.map((link) => this.mtuOf(link))
    const known = [mtu, ...limits].filter((limit) => limit !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }

  /** @throws NetlinkError EEXIST if there is one with this destination and metric. */
  addRoute(body: Uint8Array): void {
    this.#socket.change('add a route', RTM_NEWROUTE, CREATE_NEW, body)
  }

  /** Adds a route, also beside others with this destination and metric; that it is there already is no error. */
  copyRoute(body: Uint8Array): void {
    try {
      this.#socket.change('add a route', RTM_NEWROUTE, CREATE_BEHIND, body)
    } catch (thrown) {
      if (!(thrown instanceof NetlinkError) || thrown.errno !== 'EEXIST') throw thrown
    }
  }

  /** Whether it was there. */
  removeRoute(body: Uint8Array): boolean {
    return this.#remove('remove a route', RTM_DELROUTE, body)
  }

  /** @throws NetlinkError EEXIST if there is the same one. */
  addRule(rule: MarkRule | UserRule, protocol: number): void {
    this.#socket.change('add a routing rule', RTM_NEWRULE, CREATE_NEW, encodeRule(rule, protocol))
  }

  /** Whether it was there. */
  removeRule(rule: MarkRule | UserRule, protocol: number): boolean {
    return this.#remove('remove a routing rule', RTM_DELRULE, encodeRule(rule, protocol))
  }

  /** Sets an interface up, its MTU, or its largest super-packets. */
  setLink(index: number, settings: LinkSettings): void {
    this.#socket.change('configure an interface', RTM_NEWLINK, 0, encodeLink(index, settings))
  }

  /** @throws NetlinkError EEXIST if the interface has it. */
  addAddress(link: number, address: NewAddress): void {
    this.#socket.change('add an address', RTM_NEWADDR, CREATE_NEW, encodeAddress(link, address))
  }

  /** Whether it was there. */
  removeAddress(link: number, address: NewAddress): boolean {
    return this.#remove('remove an address', RTM_DELADDR, encodeAddress(link, address))
  }

  /** Adds an address that was there before. */
  addAgain(address: HostAddress): void {
    this.#socket.change('add an address', RTM_NEWADDR, CREATE_NEW, encodeAgain(address))
  }

  close(): void {
    this.#socket.close()
  }

  #remove(what: string, type: number, body: Uint8Array): boolean {
    try {
      this.#socket.change(what, type, 0, body)
      return true
    } catch (thrown) {
      if (thrown instanceof NetlinkError && GONE.includes(thrown.errno)) return false
      throw thrown
    }
  }

  #dump<Shown>(
    what: string,
    type: number,
    family: number,
    parse: (message: NetlinkMessage) => Shown | undefined,
  ): Shown[] {
    const body = Buffer.alloc(REQUEST_BYTES)
    body[0] = family
    return this.#socket
      .dump(what, type, body)
      .map(parse)
      .filter((shown) => shown !== undefined)
  }
}
