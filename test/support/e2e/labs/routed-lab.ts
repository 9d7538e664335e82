import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { LabHost } from '../../../../lab/lab.js'
import { ip, NetworkNamespace, removeNamespaces, WIRE } from '../../../../lab/namespaces.js'

/** The router's addresses, the same on both of its sides. */
const ROUTER = { ipv4: '10.9.0.254', ipv6: 'fd09::fe' }

/** Drops what a router would tell a sender whose packets are too large. */
const SILENCE = `table inet silence {
  chain leaving {
    type filter hook output priority 0
    icmp type destination-unreachable drop
    icmpv6 type packet-too-big drop
  }
}`
/** Drops fragments. */
const NO_FRAGMENTS = `table inet fragments {
  chain arriving {
    type filter hook prerouting priority raw
    ip frag-off & 0x3fff != 0 drop
    exthdr frag exists drop
  }
}`

/** Two hosts with a router between them, whose MTU can be cut. */
export class RoutedLab {
  readonly near: LabHost
  readonly far: LabHost
  readonly router: LabHost
  readonly #spaces: readonly NetworkNamespace[]

  constructor() {
    const prefix = `qanat-${process.pid}-${randomBytes(3).toString('hex')}`
    const space = (name: string, number: number) => new NetworkNamespace(`${prefix}-${name}`, number)
    const [near, far, router] = [space('near', 1), space('far', 2), space('router', 254)]
    this.#spaces = [near, far, router]
    this.near = new LabHost(near)
    this.far = new LabHost(far)
    this.router = new LabHost(router)
    try {
      for (const { name } of this.#spaces) ip(['netns', 'add', name])
      for (const [host, side, other] of [
        [near, 'near', far],
        [far, 'far', near],
      ] as const) {
        ip([
          'link',
          'add',
          WIRE,
          'netns',
          host.name,
          'type',
          'veth',
          'peer',
          'name',
          side,
          'netns',
          router.name,
        ])
        ip(['-n', host.name, 'link', 'set', WIRE, 'up'])
        ip(['-n', router.name, '-batch', '-'], routerLines(host, side))
        ip(['-n', host.name, '-batch', '-'], hostLines(host, other))
      }
      const forwarding = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']
      execFileSync(...router.inside('sysctl', ['-qw', ...forwarding]))
    } catch (thrown) {
      this.remove()
      throw thrown
    }
  }

  /**
   * Lets the router pass packets of `mtu` bytes at the most from now on, and drop larger ones, in silence. Those that it
   * cuts instead, since they may be cut, arrive where there are to be `fragments`.
   */
  async cut(mtu: number, { fragments = false } = {}): Promise<void> {
    await this.router.run('nft', SILENCE)
    for (const host of fragments ? [] : [this.near, this.far]) await host.run('nft', NO_FRAGMENTS)
    for (const [host, side] of [
      [this.near, 'near'],
      [this.far, 'far'],
    ] as const) {
      const through = ['dev', side, 'mtu', 'lock', String(mtu)]
      await this.router.run('ip', 'route', 'replace', host.ipv4, ...through)
      // Before the route that came with the address, which has a metric of 256.
      await this.router.run('ip', '-6', 'route', 'replace', host.ipv6, ...through, 'metric', '1')
    }
  }

  /**
   * Gives a host an uplink of `mtu` bytes, at both of its ends. The router tells nobody of what is too large for it,
   * and no fragments arrive.
   */
  async uplink(mtu: number, side: 'near' | 'far' = 'near'): Promise<void> {
    await this.router.run('nft', `table inet silence; delete table inet silence; ${SILENCE}`)
    for (const host of [this.near, this.far]) {
      await host.run('nft', `table inet fragments; delete table inet fragments; ${NO_FRAGMENTS}`)
    }
    await this.router.run('ip', 'link', 'set', side, 'mtu', String(mtu))
    await this[side].run('ip', 'link', 'set', WIRE, 'mtu', String(mtu))
  }

  /** Kills what runs on the hosts. */
  async clear(): Promise<void> {
    await Promise.all([this.near.clear(), this.far.clear(), this.router.clear()])
  }

  /** Kills all that runs and removes the hosts. */
  remove(): void {
    removeNamespaces(this.#spaces)
  }
}

function hostLines(host: NetworkNamespace, other: NetworkNamespace): string[] {
  return [
    'link set lo up',
    `address add ${host.ipv4} peer ${ROUTER.ipv4} dev ${WIRE}`,
    `address add ${host.ipv6} peer ${ROUTER.ipv6} dev ${WIRE} nodad`,
    `route add ${other.ipv4} via ${ROUTER.ipv4}`,
    `route add ${other.ipv6} via ${ROUTER.ipv6} dev ${WIRE} onlink`,
  ]
}

function routerLines(host: NetworkNamespace, side: string): string[] {
  return [
    `link set ${side} up`,
    `address add ${ROUTER.ipv4} peer ${host.ipv4} dev ${side}`,
    `address add ${ROUTER.ipv6} peer ${host.ipv6} dev ${side} nodad`,
  ]
}
