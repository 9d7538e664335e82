import type { Configuration } from '../../config/schema/configuration.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { ConfigError } from '../../core/api/errors.js'
import type { TunDriver } from '../../core/api/tun-device.js'
import { definePlugin, type Plugin } from '../../core/plugin/plugin.js'

/** The TUN driver that opens a program's own device, by name. */
const OWN_DEVICE = 'device-of-program'

/** What is about an interface of the host, or what the host does with it. */
const ABOUT_HOST = [
  'name',
  'namespace',
  'tunDriver',
  'table',
  'killSwitch',
  'allowLan',
  'answerInbound',
  'underlayRoutes',
  'dns',
  'dnsDomains',
  'forward',
  'nat',
  'preUp',
  'postUp',
  'preDown',
  'postDown',
] as const satisfies (keyof Configuration['interface'])[]

/** A plugin whose TUN driver is a program's own. */
export function deviceOf(driver: TunDriver): Plugin {
  return definePlugin({
    api: 1,
    name: OWN_DEVICE,
    tunDrivers: { [OWN_DEVICE]: { summary: 'the device of the program', create: () => driver } },
  })
}

/**
 * The same configuration for a tunnel that opens a program's own device, whose peers' ranges lead no route of the host.
 *
 * @throws ConfigError that names each key that is about the host.
 */
export function forOwnDevice(config: Configuration): Configuration {
  const own = config.interface ?? {}
  const said = ABOUT_HOST.filter((key) => own[key] !== undefined).map((key) => `'interface.${key}'`)
  const refused = [...said, ...nameServersTaken(config.peers)]
  if (refused.length > 0) {
    const why = "is about the host, but the device is the program's own"
    throw new ConfigError(refused.map((what) => `Cannot use the configuration: ${what} ${why}`).join('\n'), {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  return { ...config, interface: { ...own, table: 'off', tunDriver: OWN_DEVICE } }
}

/** What the tunnel does with a program's own device: it changes nothing of the host, whatever a peer pushes. */
export function leavingHost(config: TunnelConfig): TunnelConfig {
  const { host, transports } = config
  const mark = host?.mark // of its own sockets
  return { ...config, host: undefined, transports: mark === undefined ? transports : { ...transports, mark } }
}

/** The peers whose name servers the host would ask. What is no list of peers is refused later, by its place. */
function nameServersTaken(peers: Configuration['peers']): string[] {
  if (!Array.isArray(peers)) return []
  return peers.flatMap((peer: NonNullable<Configuration['peers']>[number] | null | undefined, index) => {
    const accept: unknown = peer?.accept
    return Array.isArray(accept) && accept.includes('dns') ? [`'dns' in 'peers[${index}].accept'`] : []
  })
}
