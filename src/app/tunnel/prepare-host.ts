import { join } from 'node:path'
import { runFolder } from '../../control/run-folder.js'
import type { TunnelConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import type { Clock } from '../../core/time/clock.js'
import type { HostChanges } from '../../host/host-changes.js'
import { knownAddresses } from './known-addresses.js'

/**
 * What a tunnel is to change on its host; undefined if its configuration says nothing of that.
 *
 * @throws ConfigError if it cannot be done; HostError if what a killed process left cannot be undone.
 */
export async function prepareHost(
  config: TunnelConfig,
  log: Logger,
  clock: Clock,
): Promise<HostChanges | undefined> {
  const { hooksAs, host: settings, journal, tun } = config
  if (settings === undefined) return undefined
  const { HostChanges } = await import('../../host/host-changes.js') // most tunnels change nothing of their hosts
  const addresses = tun.addresses.map(({ local }) => local)
  const unnamed = () => join(runFolder(process.env), `${tun.name ?? process.pid}.journal`)
  const lookUp = () => knownAddresses(config, clock)
  return HostChanges.prepare({
    ...{ settings, hooksAs, addresses, journal: journal ?? unnamed() },
    ...{ lookUp, log, clock },
  })
}
