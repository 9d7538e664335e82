import type { Cipher } from '../../core/api/cipher.js'
import type { TunnelConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import { PushedSettings } from '../../core/pushed-settings/pushed-settings.js'
import type { HostChanges } from '../../host/host-changes.js'
import type { DeviceControl } from './changed-device.js'
import { DeviceSettings } from './device-settings.js'
import { PeerSettings } from './peer-settings.js'
import type { UndoList } from './undo.js'

/** What pushed settings take effect on. */
interface Parts {
  readonly cipher: Cipher
  readonly config: TunnelConfig
  readonly host: HostChanges | undefined
  readonly tun: DeviceControl
  readonly log: Logger
}

/** Lets a tunnel that starts push settings to its peers and take those of them; all is taken back at its end. */
export function takeSettings({ cipher, config, host, log, tun }: Parts, made: UndoList) {
  const deviceSettings = new DeviceSettings(tun, config.tun, async (servers, search) => {
    if (host === undefined) throw new Error('name servers are not changed if no host is configured')
    await host.useNameServers(tun.name, { servers, search })
  })
  const pushed = new PushedSettings(deviceSettings, log)
  made.push(() => pushed.stop())
  return { deviceSettings, settings: new PeerSettings(cipher, pushed, config.tun.mtu, log) }
}
