import type { Cipher } from '../../core/api/cipher.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { PushedSettings } from '../../core/pushed-settings/pushed-settings.js'
import type { Clock } from '../../core/time/clock.js'
import type { HostChanges } from '../../host/host-changes.js'
import { hostNetworks } from '../../host/networks/host-networks.js'
import { watchNetworks } from '../../host/networks/watch-networks.js'
import { about, type NamedNamespace } from '../../native/process/namespace-scope.js'
import { readNameServers } from '../../transports/dns/name-servers.js'
import type { DeviceControl } from '../device/changed-device.js'
import { type ChangeNameServers, DeviceSettings } from '../device/device-settings.js'
import { PeerSettings } from './peer-settings.js'
import type { UndoList } from './undo.js'

/** What pushed settings take effect on. */
interface Parts {
  readonly cipher: Cipher
  readonly config: TunnelConfig
  readonly host: HostChanges | undefined
  /** Where the device lives; with the process if absent. */
  readonly namespace: NamedNamespace | undefined
  readonly tun: DeviceControl
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Lets a tunnel that starts push settings to its peers and take those of them; all is taken back at its end. From the
 * first ones on the networks of the host are watched: what conflicts with them is withdrawn.
 */
export function takeSettings({ cipher, clock, config, host, log, namespace, tun }: Parts, made: UndoList) {
  const changeNameServers: ChangeNameServers = async (servers, search) => {
    if (host === undefined) throw new Error('name servers are not changed if no host is configured')
    await host.useNameServers(tun.name, { servers, search })
  }
  const deviceSettings = new DeviceSettings(tun, config, changeNameServers, log)
  const pushed = new PushedSettings(deviceSettings, log)
  made.push(() => pushed.stop())
  let stopWatching: (() => Promise<void>) | undefined
  made.push(() => stopWatching?.())
  const look = () => {
    try {
      const networks = hostNetworks(tun.name)
      pushed.besides({ ...networks, nameServers: nameServersBeside(host?.nameServers ?? []) })
      if (networks.connected.length > 0) stopWatching ??= watchNetworks({ clock, log }, look)
    } catch (thrown) {
      log.warn('cannot look at the networks of the host', { why: asError(thrown).message })
    }
  }
  const lookAtHost = () => about(namespace, look)
  const settings = new PeerSettings(cipher, pushed, config.tun.mtu, log, lookAtHost)
  return { deviceSettings, settings }
}

/** Whom the host asks for names, but for those that the tunnel has it ask. */
function nameServersBeside(own: readonly string[]): Uint8Array[] {
  return readNameServers()
    .servers.filter((server) => !own.includes(server))
    .map((server) => parseIpAddress(server)!)
}
