import { join } from 'node:path'
import { runFolder } from '../../control/run-folder.js'
import type { TunnelConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import type { Clock } from '../../core/time/clock.js'
import type { HostChanges } from '../../host/host-changes.js'
import { knownAddresses } from './known-addresses.js'

/**
 * What a tunnel is to change on its host; undefined where its configuration says nothing of that.
 *
 * @throws ConfigError where it cannot be done; HostError where what a process that was killed left cannot be put back.
 */
export async function prepareHost(
  config: TunnelConfig,
  log: Logger,
  clock: Clock,
): Promise<HostChanges | undefined> {
  const { host: settings, journal, tun } = config
  if (settings === undefined) return undefined
  const { HostChanges } = await import('../../host/host-changes.js') // most tunnels change nothing of their hosts
  const addresses = tun.addresses.map(({ local }) => local)
  const unnamed = () => join(runFolder(process.env), `${tun.name ?? process.pid}.journal`)
  const lookUp = () => knownAddresses(config, clock)
  return HostChanges.prepare({ settings, addresses, journal: journal ?? unnamed(), lookUp, log, clock })
}
