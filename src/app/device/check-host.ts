import type { TunnelConfig } from '../../core/api/config.js'
import type { HostError } from '../../core/api/errors.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { lookBeside } from '../../host/networks/look-beside.js'
import { judgeAll, refusalOf, wishesOf } from '../../host/networks/route-judge.js'
import { stops } from '../../host/networks/verdict-text.js'
import { about, NamedNamespace } from '../../native/process/namespace-scope.js'
import { carrierAddresses } from './carrier-addresses.js'
import { allWishes } from './judged-device.js'
import { mayLeadAround, withRangesAround } from './ranges-around.js'

/** What a host says of a range that a tunnel wants, as in the JSON of `qanat check --host`. */
export interface HostRemark {
  readonly key: string
  readonly range: string
  readonly table: number
  readonly verdict: string
  readonly sentence?: string
}

/** What this host would say of a tunnel. */
export interface HostCheck {
  readonly ranges: readonly HostRemark[]
  /** What a start would log, though it would not stop the tunnel. */
  readonly remarks: readonly string[]
  /** Why it would not start. */
  readonly refusal: HostError | undefined
}

/**
 * What this host would say if the tunnel of a configuration started now. It changes nothing.
 *
 * @throws QanatError if it cannot be looked at, as if the namespace of the device is not there.
 */
export async function checkHost(config: TunnelConfig, traits: TraitsOf): Promise<HostCheck> {
  const { namespace: name } = config.tun
  if (name === undefined) return checkHere(config, traits, carrierAddresses(config, traits))
  const namespace = new NamedNamespace(name)
  try {
    return await about(namespace, () => checkHere(config, traits, []))
  } finally {
    namespace.close()
  }
}

async function checkHere(
  config: TunnelConfig,
  traits: TraitsOf,
  carriers: readonly Uint8Array[],
): Promise<HostCheck> {
  const routing = await lookBeside(config.tun.name ?? '')
  const { around = [], tun } = mayLeadAround(config, traits) ? withRangesAround(config, traits) : config
  const judged = [
    ...judgeAll(allWishes(tun), routing, carriers),
    ...judgeAll(wishesOf(around, undefined), routing, []),
  ]
  return {
    ranges: judged.map(({ key, network, sentence, table, verdict }) => ({
      ...{ key, range: network.text, table, verdict: verdict.is },
      ...(sentence !== undefined && { sentence }),
    })),
    remarks: judged.filter(({ verdict }) => !stops(verdict)).flatMap(({ sentence }) => sentence ?? []),
    refusal: refusalOf(judged),
  }
}
