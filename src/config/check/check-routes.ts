import { liesWithin, networkOf } from '../../core/ip/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { prefixKey } from '../../core/ip/prefix-bits.js'
import type { Check } from './check.js'
import type { Path } from './problems.js'

/** The host of an endpoint that is an address: IPv4, or IPv6 in brackets. */
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(?:\[([^\]]+)\]|([\d.]+))(?=[:/?#]|$)/

interface Allowed {
  readonly path: Path
  readonly range: IpPrefix
}

/** Remarks on routes that lead nowhere, as far as the file alone shows it; the routes of the host are not read. */
export function checkRoutes(check: Check): void {
  const allowed = check.model.peers.flatMap(({ allowedIps = [] }, peer) =>
    allowedIps.map(
      (text, item): Allowed => ({ path: ['peer', peer, 'allowed-ips', item], range: parseIpPrefix(text)! }),
    ),
  )
  remarkOwnAddresses(check, allowed)
  checkExcluded(check, allowed)
  checkLan(check)
  remarkLogin(check)
  if (check.model.interface.table !== 'off') remarkEndpoints(check, allowed)
}

function remarkOwnAddresses({ model, remark }: Check, allowed: readonly Allowed[]): void {
  const addresses = (model.interface.address ?? []).map((text) => parseIpPrefix(text)!.address)
  const own = new Set(addresses.map((address) => prefixKey(address, address.length * 8)))
  for (const { path, range } of allowed) {
    if (own.has(prefixKey(range.address, range.bits)))
      remark(path, `holds ${range.text}, this end's own address: what is sent there never leaves the host`)
  }
}

function checkLan({ dialect, model, remark, report }: Check): void {
  const { allowLan = false, killSwitch = false, underlayRoutes } = model.interface
  const path = ['interface', 'allow-lan']
  if (!allowLan) return
  if (underlayRoutes === 'none') {
    report(
      path,
      `stands beside ${dialect.describe(['interface', 'underlay-routes'])}: 'none'; leave one of the two out`,
    )
  } else if (!killSwitch) {
    remark(path, 'has no effect without a kill switch, which alone closes local networks')
  }
}

function remarkLogin({ model, remark }: Check): void {
  const { login, loginBrowser } = model.interface
  if (loginBrowser !== undefined && login !== true)
    remark(['interface', 'login-browser'], "has no effect without 'login = true'")
}

/** What is to stay outside the tunnel must be able to, and no more is left outside than is meant. */
function checkExcluded({ model, remark, report }: Check, allowed: readonly Allowed[]): void {
  const { address = [], dns = [], exclude = [], killSwitch = false } = model.interface
  const own = address.map((written) => ({ ...networkOf(parseIpPrefix(written)!), written }))
  const servers = dns.map(parseIpPrefix).filter((server) => server !== undefined)
  for (const [item, text] of exclude.entries()) {
    const range = networkOf(parseIpPrefix(text)!)
    const path = ['interface', 'exclude', item]
    const around = allowed.filter((one) => liesWithin(range, one.range))
    const within = allowed.find((one) => one.range.bits > range.bits && liesWithin(one.range, range))
    const network = own.find((one) => liesWithin(range, one))
    const server = servers.find((one) => liesWithin(one, range))
    if (range.bits === 0) {
      report(
        path,
        `holds ${range.text}, all addresses of its family; leave that out of 'allowed-ips' instead`,
      )
    } else if (around.some((one) => one.range.bits === range.bits)) {
      report(path, `holds ${range.text}, which a peer owns; leave one of the two out`)
    } else if (network !== undefined) {
      const alone = `${network.written.split('/')[0]}/${network.address.length * 8}`
      report(
        path,
        `holds ${range.text}, within the network of ${network.written}; write that address as ${alone}`,
      )
    } else if (around.length === 0 && !killSwitch) {
      remark(path, `holds ${range.text}, which no peer owns: it is outside the tunnel anyway`)
    }
    if (within !== undefined)
      remark(
        path,
        `holds ${range.text}; ${within.range.text} within it goes into the tunnel: the longer one wins`,
      )
    if (server !== undefined && within === undefined && range.bits > 0)
      remark(path, `holds ${range.text}: the name server ${server.text} is asked outside the tunnel`)
  }
}

/** All addresses of a family are another matter: the carrier passes by a full tunnel. */
function remarkEndpoints({ model, remark, traits }: Check, allowed: readonly Allowed[]): void {
  const becomes =
    model.interface.table === undefined || model.interface.table === 'auto'
      ? 'a mark lets what carries the tunnel pass by the routes there'
      : 'the tunnel would have to carry itself'
  const ranges = new Map(allowed.map(({ range }) => [prefixKey(range.address, range.bits), range]))
  const lengths = new Set(allowed.map(({ range }) => range.bits).filter((bits) => bits > 0))
  for (const [peer, { endpoints = [] }] of model.peers.entries()) {
    for (const [item, endpoint] of endpoints.entries()) {
      if (traits.transport(endpoint.slice(0, endpoint.indexOf(':') + 1)).authority === 'name') continue
      const [, ipv6, ipv4] = ADDRESS.exec(endpoint) ?? []
      const address = parseIpPrefix(ipv6 ?? ipv4 ?? '')
      if (address === undefined) continue
      const around = [...lengths]
        .filter((bits) => bits <= address.bits)
        .map((bits) => ranges.get(prefixKey(address.address, bits)))
        .find((range) => range !== undefined)
      if (around === undefined) continue
      remark(
        ['peer', peer, 'endpoints', item],
        `leads to ${address.text}, which lies within ${around.text}: ${becomes}`,
      )
    }
  }
}
