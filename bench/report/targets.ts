import { METRICS, type MetricKey } from '../measure/metrics.js'
import { type Results, ratiosOf } from '../measure/results.js'

/** What a figure, or its ratio to another system's in the same round, has to be. */
interface Target {
  readonly key: MetricKey
  readonly system: string
  /** Absent if the figure itself is meant. */
  readonly other?: string
  /** What it must reach, or must not exceed where less is better; absent if there is only an aim. */
  readonly bound?: number | undefined
  readonly aim?: number | undefined
}

/** How a target was met. */
export interface Outcome extends Target {
  readonly value: number
  /** The least and the largest of all rounds. */
  readonly spread: readonly [number, number]
  /** `open`: nothing but an aim, not met. */
  readonly verdict: 'aim' | 'holds' | 'MISSED' | 'open'
}

const WIREGUARD_GO = 'wireguard-go'
const WSVPN = 'wsvpn-ws'
const OWN = {
  udp: 'qanat-udp',
  wireguard: 'qanat-udp-wireguard',
  tcp: 'qanat-tcp',
  ws: 'qanat-ws',
  wss: 'qanat-wss',
} as const
type Own = keyof typeof OWN

/** A bound, and what would be better still. */
type Limits = readonly [bound: number | undefined, aim?: number]
const AIM: Limits = [undefined, 1.0]
const SMALL: Limits = [3.0, 4.0]
const OVER_TLS: Limits = [1.1, 1.5]
const RELAYED: Limits = [8, 12]

/** What must hold on a machine of this processor. On one that is neither AMD's EPYC nor Intel's Xeon it is the lower of two values. */
export function targetsOn(cpu: string): readonly Target[] {
  const streams = cpu.includes('Xeon') ? { tcp: 3.0, ws: 3.0 } : { tcp: 2.3, ws: 1.8 }
  return [
    { key: 'overNode', system: OWN.udp, bound: 260, aim: 100 },
    ...against(WIREGUARD_GO, 'first', {
      udp: [0.7, 1.3],
      wireguard: [0.7, 1.3],
      tcp: [1.7, 2.8],
      ws: [1.5, 2.5],
    }),
    ...against(WIREGUARD_GO, 'rested', {
      udp: [1.1, 1.5],
      wireguard: [1.1, 1.5],
      tcp: [2.4, 3.0],
      ws: [2.2, 3.0],
    }),
    ...against(WIREGUARD_GO, 'steady', {
      udp: [1.4, 1.8],
      wireguard: [1.35, 1.6],
      tcp: [streams.tcp, 3.5],
      ws: [streams.ws, 3.5],
    }),
    ...against(WIREGUARD_GO, 'idle50', { udp: [1.1], wireguard: [1.1], tcp: [1.3], ws: [1.3] }),
    ...against(WIREGUARD_GO, 'warm50', { udp: [1.0], wireguard: [1.0], tcp: [1.2], ws: [1.2] }),
    ...against(WSVPN, 'idle50', { udp: AIM, wireguard: AIM, tcp: AIM, ws: [1.6, 1.0] }),
    ...against(WSVPN, 'warm50', { udp: AIM, wireguard: AIM, tcp: AIM, ws: [1.4, 1.0] }),
    ...against(WIREGUARD_GO, 'udp64', { udp: SMALL, wireguard: SMALL, tcp: SMALL, ws: SMALL }),
    ...against('sing-box-vless-wss', 'tcp', { wss: OVER_TLS }),
    ...against('sing-box-vless-wss', 'tcp4', { wss: OVER_TLS }),
    ...against('sing-box-vless-wss', 'reverse', { wss: OVER_TLS }),
    ...against('wg-go-over-wstunnel-ws', 'tcp', { tcp: RELAYED, ws: RELAYED }),
    ...against('wg-go-over-chisel', 'tcp', { tcp: RELAYED, ws: RELAYED }),
  ]
}

/** What came of the targets whose figures were measured. */
export function outcomesOf({ machine, systems }: Results): Outcome[] {
  const resultOf = (wanted: string) => systems.find(({ name }) => name === wanted)
  return targetsOn(machine.cpu).flatMap((target) => {
    const { key, system, other, bound, aim } = target
    const result = resultOf(system)
    const summary =
      other === undefined || result === undefined
        ? result
        : ratiosOf(result.runs, resultOf(other)?.runs ?? [])
    const value = summary?.median[key]
    const spread = summary?.spread[key]
    if (value === undefined || spread === undefined) return []
    const less = METRICS.find((metric) => metric.key === key)!.better === 'less'
    const meets = (limit: number) => (less ? value <= limit : value >= limit)
    const bounded = bound === undefined ? 'open' : meets(bound) ? 'holds' : 'MISSED'
    return [{ ...target, value, spread, verdict: aim !== undefined && meets(aim) ? 'aim' : bounded }]
  })
}

function against(other: string, key: MetricKey, limits: Partial<Record<Own, Limits>>): Target[] {
  return (Object.entries(limits) as [Own, Limits][]).map(([own, [bound, aim]]) => ({
    key,
    system: OWN[own],
    other,
    bound,
    aim,
  }))
}
