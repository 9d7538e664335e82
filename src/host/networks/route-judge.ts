import { HostError } from '../../core/api/errors.js'
import type { TunAddress } from '../../core/api/tun-device.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { networkOf } from '../../core/ip/ip-network.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { MAIN_TABLE } from '../../native/netlink/route.js'
import { type HostRouting, judgeRoute, type Verdict } from './judge-route.js'
import { sentenceOf, stops } from './verdict-text.js'

/** What is to be led into a tunnel, by which key of its file. */
export interface Wish {
  readonly key: 'address' | 'allowed-ips'
  readonly network: IpPrefix
  readonly table: number
}

/** A wish, and what is to become of it. */
export interface Judged extends Wish {
  readonly verdict: Verdict
  /** The one line that tells; undefined if there is nothing to be told. */
  readonly sentence: string | undefined
}

/** Judges all that a tunnel wants of a host. Equal wishes are judged once. */
export function judgeAll(
  wishes: readonly Wish[],
  host: HostRouting,
  carriers: readonly Uint8Array[],
): Judged[] {
  const told = new Set<string>()
  return wishes.map((wish) => {
    const verdict = judgeRoute({ destination: wish.network, table: wish.table }, host, carriers)
    const sentence = sentenceOf(wish, verdict)
    const isNews = sentence !== undefined && !told.has(sentence)
    if (isNews) told.add(sentence)
    return { ...wish, verdict, sentence: isNews ? sentence : undefined }
  })
}

/** A wish for each route of a tunnel. `table` is where they are added; the main one if absent. */
export function wishesOf(routes: readonly IpPrefix[], table: number | undefined): Wish[] {
  return routes.map((route) => ({
    key: 'allowed-ips',
    network: networkOf(route),
    table: table ?? MAIN_TABLE,
  }))
}

/** The network that the kernel leads to a device for an address; undefined if that is the address alone. */
export function wishOf({ local, peer, prefix }: TunAddress): Wish | undefined {
  const address = parseIpAddress(peer ?? local)!
  if (prefix === address.length * 8 && peer === undefined) return undefined
  const network = networkOf({ address, bits: prefix })
  return { key: 'address', network, table: MAIN_TABLE }
}

/**
 * Why a tunnel must not start with what it wants; undefined if it may.
 *
 * @returns An error ERR_ROUTE_TAKEN that names each reason.
 */
export function refusalOf(judged: readonly Judged[]): HostError | undefined {
  const reasons = judged.filter(({ verdict }) => stops(verdict)).flatMap(({ sentence }) => sentence ?? [])
  if (reasons.length === 0) return undefined
  return new HostError(`Cannot lead packets into the tunnel: ${reasons.join('; ')}`, {
    code: 'ERR_ROUTE_TAKEN',
  })
}
