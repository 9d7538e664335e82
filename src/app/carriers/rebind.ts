import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { TransportSet } from '../transport-set.js'
import type { Listeners } from './listeners.js'

/** Who uses the links of a tunnel. */
interface LinkUser {
  /** Resolves once all links are closed. */
  hangUp(): Promise<void>
  /** Has peers reached again. */
  callAgain(peers: readonly PeerConfig[]): void
}

/** What the sockets of a tunnel belong to. */
export interface SocketParts {
  readonly transports: TransportSet
  readonly listeners: Listeners
  readonly peerManager: LinkUser
  /** What transports have to know of a configuration. */
  readonly settingsOf: (config: TunnelConfig) => TransportSettings
  /** False once the tunnel ends, and its sockets with it. */
  readonly isRunning: () => boolean
  /** No socket can be had any more: the tunnel ends. */
  readonly failed: (error: Error) => void
}

/** Whether two configurations need other sockets: another UDP port, or another mark. */
export function needsOtherSockets(before: TunnelConfig, after: TunnelConfig): boolean {
  return String(before.listen) !== String(after.listen) || before.transports?.mark !== after.transports?.mark
}

/**
 * Has a tunnel carried by other sockets, at other ports or with another mark. Peers are dialled again, and those that
 * called over UDP are answered where they are; sessions go on, connections that were accepted do not.
 *
 * @returns What goes back to the sockets of before.
 * @throws TransportError if they cannot be had; then all is as before.
 */
export async function rebind(
  parts: SocketParts,
  before: TunnelConfig,
  after: TunnelConfig,
): Promise<() => Promise<void>> {
  await parts.peerManager.hangUp()
  await parts.listeners.close()
  try {
    await bind(parts, after)
  } catch (thrown) {
    await goBack(parts, before)
    throw thrown
  }
  parts.peerManager.callAgain(before.peers) // those that come and go follow
  return async () => {
    await parts.peerManager.hangUp()
    await goBack(parts, before)
  }
}

async function goBack(parts: SocketParts, before: TunnelConfig): Promise<void> {
  try {
    await parts.listeners.close()
    await bind(parts, before)
    parts.peerManager.callAgain(before.peers)
  } catch (thrown) {
    parts.failed(asError(thrown))
  }
}

async function bind(
  { isRunning, listeners, settingsOf, transports }: SocketParts,
  config: TunnelConfig,
): Promise<void> {
  transports.renew(settingsOf(config))
  await transports.serve(config.listen)
  await transports.serveAll(config.peers.flatMap(({ endpoints }) => endpoints))
  if (isRunning()) await listeners.open(config.listen)
  if (isRunning()) return
  await listeners.close()
  throw new Error('the tunnel was closed')
}
