import { textOf } from '../../core/ip/ip-network.js'
import { reason } from '../../core/reasons/reason.js'
import { MAIN_TABLE } from '../../native/netlink/route.js'
import type { HostRoute, Range, Verdict } from './judge-route.js'
import type { Wish } from './route-judge.js'

/** Whether a tunnel must not start for it. */
export function stops({ is }: Verdict): boolean {
  return is === 'taken' || is === 'next-hop' || is === 'carrier'
}

/** What is told of a wish in one line, with what to do; undefined if there is nothing to tell. */
export function sentenceOf(
  { key, network }: Pick<Wish, 'key' | 'network'>,
  verdict: Verdict,
): string | undefined {
  const { text } = network
  const bits = network.address.length * 8
  const alone = network.bits === bits ? 'use another address' : `write the address with /${bits}`
  const leaveOut = key === 'address' ? alone : 'leave it out of the allowed ranges'
  switch (verdict.is) {
    case 'free':
      if (verdict.holds === undefined) return undefined
      return `${routeText(verdict.holds)} stays as it is, the rest of ${text} goes into the tunnel`
    case 'left-alone':
      return reason('range-here', { range: text, network: routeText(verdict.network) }).text
    case 'taken':
      return `${text} is routed by ${routeText(verdict.route)} already; ${leaveOut}, or remove that route`
    case 'next-hop':
      return `${text} holds ${textOf(verdict.address)}, the next hop of ${routeText(verdict.route)}; ${leaveOut}`
    case 'carrier':
      return `${text} holds ${textOf(verdict.address)}, to which the tunnel itself sends${by(verdict.route)}; ${leaveOut}`
  }
}

function by(route: HostRoute | undefined): string {
  return route === undefined ? '' : ` by ${routeText(route)}`
}

/** Such as `10.0.0.0/8 of eth0`. */
export function routeText({ destination, device, kind, table }: HostRoute): string {
  const what = kind === 'refused' ? `a refusal of ${rangeText(destination)}` : rangeText(destination)
  const where = device === undefined || kind === 'refused' ? '' : ` of ${device}`
  return table === MAIN_TABLE ? `${what}${where}` : `${what}${where} (table ${table})`
}

function rangeText({ address, bits }: Range): string {
  return `${textOf(address)}/${bits}`
}
