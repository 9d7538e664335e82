import type { IpPrefix } from '../ip/ip-prefix.js'

/** What of a host's packets passes beside its tunnel. It may change while the tunnel runs. */
export interface BesideTunnel {
  /** What stays outside though a wider range goes into the tunnel; none lies within another. */
  readonly excluded: readonly IpPrefix[]
  /** Whether a kill switch lets networks pass that the host is connected to. */
  readonly allowLan: boolean
  /** Whether answers to connections that others begin leave the way they came; unless there is a kill switch, if absent. */
  readonly answerInbound?: boolean | undefined
}

/** Nothing. */
export const NOTHING_BESIDE: BesideTunnel = { excluded: [], allowLan: false }
