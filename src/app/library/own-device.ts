import type { Configuration } from '../../config/schema/configuration.js'
import { ConfigError } from '../../core/api/errors.js'
import type { TunDriver } from '../../core/api/tun-device.js'
import { definePlugin, type Plugin } from '../../core/plugin/plugin.js'

/** The TUN driver that opens a program's own device, by name. */
export const OWN_DEVICE = 'device-of-program'

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
  const said = ABOUT_HOST.filter((key) => own[key] !== undefined)
  if (said.length > 0) {
    const why = "is about the host, but the device is the program's own"
    throw new ConfigError(
      said.map((key) => `Cannot use the configuration: 'interface.${key}' ${why}`).join('\n'),
      {
        code: 'ERR_CONFIG_VALUE',
      },
    )
  }
  return { ...config, interface: { ...own, table: 'off', tunDriver: OWN_DEVICE } }
}
