import type { TunnelConfig } from '../../core/api/config.js'
import { asError, ConfigError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { Pump } from '../../core/forwarding/pump.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { prefixKey } from '../../core/ip/prefix-bits.js'
import type { HostChanges } from '../../host/host-changes.js'
import type { AskedSettings } from '../../host/prepare-changes.js'
import { about } from '../../native/process/namespace-scope.js'
import type { Renewal } from '../../transports/shared/renewable.js'
import { changeSockets, type SocketChange, type SocketParts } from '../carriers/rebind.js'
import { besideOf } from '../device/beside-tunnel.js'
import type { DeviceSettings } from '../device/device-settings.js'
import { type JudgeParts, judgeAround } from '../device/judged-device.js'
import { leastMtu } from '../device/least-mtu.js'
import type { TransportSet } from '../transport-set.js'
import { changesEndpoints, changesTransports, fixedChanges, peerChanges, routeChanges } from './changes.js'
import type { OptionsInForce } from './options-in-force.js'
import type { TunnelPeerManager } from './peer-manager.js'
import type { PeerSettings } from './peer-settings.js'
import type { StatusSource } from './status.js'

/** The parts of a running tunnel. */
export interface RunningParts extends Omit<StatusSource, 'config' | 'listen'> {
  readonly peerManager: TunnelPeerManager
  readonly transports: TransportSet
  readonly options: OptionsInForce
  readonly sockets: SocketParts
  readonly deviceSettings: DeviceSettings
  readonly settings: PeerSettings
  /** What is changed on the host beyond the device; undefined if nothing is. */
  readonly host: HostChanges | undefined
  readonly judging: JudgeParts
  readonly log: Logger
}

/** From which configuration to which. */
export interface Step {
  readonly before: TunnelConfig
  readonly after: TunnelConfig
  /** Throws once the tunnel is closed. */
  running(): void
  /** Called at the moment in which peers become those of `after`. */
  inForce(): void
}

/**
 * Takes a running tunnel from one configuration to another.
 *
 * @throws QanatError if something cannot change while it runs, or cannot be had; then all is as before.
 */
export async function reload(parts: RunningParts, step: Step): Promise<void> {
  const { after, before } = step
  const fixed = [...fixedChanges(before, after), ...parts.options.fixed(before, after)]
  if (fixed.length > 0) throw cannotReload(`${fixed.join(', ')} cannot change; restart it`)
  const goBack = await parts.options.renew(before, after)
  try {
    await change(parts, step)
  } catch (thrown) {
    await goBack()
    throw thrown
  }
}

/** The same, once plugins go by the options of `after`. */
async function change(
  { deviceSettings, host, judging, log, peerManager, pump, settings, sockets, transports, tun }: RunningParts,
  { before, after, running, inForce }: Step,
): Promise<void> {
  const changes = peerChanges(before, after)
  const dialledAnew = [
    ...changes.added,
    ...changes.changed.filter(changesEndpoints).map(({ after }) => after),
  ]
  await transports.serve(dialledAnew.flatMap(({ endpoints }) => endpoints))
  const routes = routeChanges(before.tun, after.tun)
  if (tun.changeRoutes === undefined && routes.added.length + routes.removed.length > 0) {
    throw cannotReload(`this TUN driver cannot change routes; restart it`)
  }
  const otherMtu = before.tun.mtu !== after.tun.mtu
  const higherMtu = before.tun.mtu < after.tun.mtu
  if (otherMtu && tun.change === undefined) {
    throw cannotReload(`this TUN driver cannot change the MTU; restart it`)
  }
  const around = host?.around ?? []
  const aroundAfter = await nextAround(around, { before, after }, (added) =>
    about(judging.namespace, () => judgeAround(tun.name, added, judging)),
  )
  if (after.mtuFollows) await deviceSettings.atLeast(leastMtu(after))
  const lowerAgain = async () => {
    if (higherMtu) await deviceSettings.hasMtu(before.tun.mtu).catch(() => {})
  }
  try {
    if (higherMtu) await deviceSettings.hasMtu(after.tun.mtu) // before routes come: those of IPv6 take 1280 bytes
    await tun.changeRoutes?.(routes.added, [])
  } catch (thrown) {
    await lowerAgain()
    throw thrown
  }
  let renewal: Renewal | undefined
  let socketChange: SocketChange | undefined
  try {
    running()
    if (changesTransports(before, after)) renewal = await transports.renewal(sockets.settingsOf(after))
    await host?.letPass(tun.name, besideOf(after), aroundAfter)
    await host?.change(tun.name, hostSettingsOf(after))
    running()
    renewal?.apply() // before listeners come, which go by it
    socketChange = await changeSockets(sockets, before, after)
    running()
    attempt(pump, () => peerManager.changeKeys(changes))
  } catch (thrown) {
    renewal?.undo()
    await socketChange?.undo()
    await host?.change(tun.name, hostSettingsOf(before)).catch(() => {})
    await host?.letPass(tun.name, besideOf(before), around).catch(() => {}) // the log says what cannot be restored
    await tun.changeRoutes?.([], routes.added)
    await lowerAgain()
    throw thrown
  }
  // Nothing that follows can be refused, and no packet comes in between.
  renewal?.settle()
  deviceSettings.own(after)
  if (otherMtu) pump.resize(after.tun.mtu)
  pump.run(() => {
    if (otherMtu) settings.resize(after.tun.mtu)
    peerManager.apply(changes, after.peers)
  })
  pump.isolate(after.isolateClients ?? false)
  inForce()
  await socketChange.settle()
  transports.retryLogins()
  transports.forgetProxies()
  if (JSON.stringify(before.excluded) !== JSON.stringify(after.excluded)) {
    await deviceSettings.again().catch((thrown) => {
      log.warn('cannot apply settings of the server', { why: asError(thrown).message })
    })
  }
  const unused = routes.removed.filter((route) => !deviceSettings.holds(route))
  await tun.changeRoutes?.([], unused).catch((thrown) => {
    log.warn('cannot remove routes that are no longer needed', { why: asError(thrown).message })
  })
  if (higherMtu || !otherMtu) return
  // Below 1280 bytes the kernel drops all IPv6 of the device, which no way back would bring again.
  await deviceSettings.hasMtu(after.tun.mtu).catch((thrown) => {
    log.warn('cannot change the MTU of the device', { why: asError(thrown).message })
  })
}

/** A tunnel that has changes of its host has settings for them. */
function hostSettingsOf({ file, hooksAs, host }: TunnelConfig): AskedSettings {
  return { settings: host!, hooksAs, file }
}

/** What of the routes around the carrier stays of those that are there, and what of those that come is admitted. */
async function nextAround(
  there: readonly IpPrefix[],
  { before, after }: Pick<Step, 'before' | 'after'>,
  admit: (added: readonly IpPrefix[]) => Promise<readonly IpPrefix[]>,
): Promise<readonly IpPrefix[]> {
  const keysOf = ({ around = [] }: TunnelConfig) =>
    new Set(around.map(({ address, bits }) => prefixKey(address, bits)))
  const [old, next] = [keysOf(before), keysOf(after)]
  const staying = there.filter(({ address, bits }) => next.has(prefixKey(address, bits)))
  const added = (after.around ?? []).filter(({ address, bits }) => !old.has(prefixKey(address, bits)))
  return [...staying, ...(await admit(added))]
}

/** A tunnel is closed, or has not started yet. */
export function notRunning(): ConfigError {
  return new ConfigError('Cannot do that: the tunnel is not running', { code: 'ERR_CONFIG_VALUE' })
}

/** Why a running tunnel stays as it is. */
function cannotReload(why: string): ConfigError {
  return new ConfigError(`Cannot change the tunnel while it runs: ${why}`, { code: 'ERR_CONFIG_VALUE' })
}

/** Does some work on parts of the tunnel and throws what it throws, which does not end the tunnel. */
function attempt(pump: Pump, work: () => void): void {
  let failure: { readonly thrown: unknown } | undefined
  pump.run(() => {
    try {
      work()
    } catch (thrown) {
      failure = { thrown }
    }
  })
  if (failure !== undefined) throw failure.thrown
}
