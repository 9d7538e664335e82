import { release } from 'node:os'
import type { HostSettings } from '../../core/settings/host-settings.js'

/** Either differs from the carrier's mark in one bit that no known program uses. */
const BITS = [0x1000, 0x800] as const
/** The first Linux that lets one chain mark answers of both families and choose their way anew. */
const FIRST_LINUX = [5, 2] as const

/**
 * The mark of connections that others begin with this host beside the tunnel, another one than the carrier's, so that their
 * answers leave the way they came; 0 if nothing keeps these from that, or they are not to. Unless its user says so they
 * are, but for a kill switch, which lets nothing out that is not named.
 */
export function inboundMark(
  { fullTunnel, killSwitch }: HostSettings,
  asked: boolean | undefined,
  mark: number,
): number {
  const isKept = fullTunnel.ipv4 || fullTunnel.ipv6 || killSwitch
  const isWanted = asked ?? !killSwitch
  if (!isKept || !isWanted || mark === 0 || !answersByMark(release())) return 0
  const [first, second] = BITS
  return (mark ^ (mark === first ? second : first)) >>> 0
}

/** Whether a Linux of this version, such as `6.1.0-18-amd64`, can do that. */
export function answersByMark(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > FIRST_LINUX[0] || (major === FIRST_LINUX[0] && minor >= FIRST_LINUX[1])
}
