import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import { asError, ConfigError } from '../../core/api/errors.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { TransportSet } from '../transport-set.js'
import type { Listeners, ListenersChange } from './listeners.js'
import { isUdp } from './udp-ports.js'

/** Who uses the links of a tunnel. */
interface LinkUser {
  /** Closes all links, or those to some remotes. Resolves once their sockets are free. */
  hangUp(which?: (remote: URL) => boolean): Promise<void>
  /** Has those of these peers reached again that were hung up on. */
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

/** What a change of sockets can still become. */
export interface SocketChange {
  /** Goes back to those of before. */
  undo(): Promise<void>
  /** Closes what only the configuration before needed. */
  settle(): Promise<void>
}

/**
 * Has a tunnel carried by the sockets that a configuration asks for. With another mark all of them are others. Else only
 * listeners that came or go are touched, and with them links over UDP if it is one of UDP: they leave by its port.
 *
 * @throws QanatError if they cannot be had; then all is as before.
 */
export async function changeSockets(
  parts: SocketParts,
  before: TunnelConfig,
  after: TunnelConfig,
): Promise<SocketChange> {
  if (before.transports?.mark !== after.transports?.mark) {
    return { undo: await rebind(parts, before, after), async settle() {} }
  }
  if (String(before.listen) === String(after.listen)) return { async undo() {}, async settle() {} }
  const { failed, isRunning, listeners, peerManager, transports } = parts
  const otherUdp = String(before.listen.filter(isUdp)) !== String(after.listen.filter(isUdp))
  let isHungUp = false
  const hangUp = async () => {
    if (!otherUdp || isHungUp) return
    isHungUp = true
    await peerManager.hangUp(isUdp)
  }
  const callAgain = () => {
    if (isHungUp) peerManager.callAgain(before.peers) // those that come and go follow
    isHungUp = false
  }
  await transports.serve(after.listen)
  let change: ListenersChange
  try {
    change = await listeners.change(after.listen, hangUp)
  } catch (thrown) {
    if (listeners.endpoints.length < before.listen.length) failed(asError(thrown))
    callAgain()
    throw privileged(thrown)
  }
  if (!isRunning()) {
    await listeners.close()
    throw new Error('the tunnel was closed')
  }
  if (otherUdp) {
    await hangUp()
    await change.settle(isUdp)
    callAgain()
  }
  return {
    settle: () => change.settle(),
    undo: async () => {
      await hangUp()
      if (isRunning()) await change.undo().catch((thrown) => failed(asError(thrown)))
      else await listeners.close()
      callAgain()
    },
  }
}

/** Says what helps at a port that takes root, which a tunnel may have given up since its start. */
function privileged(thrown: unknown): unknown {
  const { message, reason } = asError(thrown) as Error & { readonly reason?: unknown }
  if (reason !== 'port-forbidden') return thrown
  const why = `${message}; a tunnel that gave up root has such a port from its start on: restart it`
  return new ConfigError(why, { code: 'ERR_CONFIG_VALUE', cause: thrown })
}

/**
 * Has a tunnel carried by other sockets alone, with another mark. Peers are dialled again, and those that
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
