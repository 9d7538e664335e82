import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runFolder } from '../../control/run-folder.js'
import { journalFrom } from '../../control/run-lock.js'
import type { TunnelConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { NO_HOOKS } from '../../core/settings/host-settings.js'
import type { Clock } from '../../core/time/clock.js'
import type { HostChanges } from '../../host/host-changes.js'
import type { AnswerTools } from '../../host/undo-noted.js'
import type { NamedNamespace } from '../../native/process/namespace-scope.js'
import { besideOf } from '../device/beside-tunnel.js'
import { mayLeadAround, withRangesAround } from '../device/ranges-around.js'
import type { KilledTunnel } from '../uapi/answer-for-killed.js'
import { knownAddresses } from './known-addresses.js'

/** What a tunnel is to change on its host; undefined if its configuration says nothing of that. */
interface PreparedHost {
  readonly host: HostChanges | undefined
  /** The configuration, with its routes as they can be had here. */
  readonly config: TunnelConfig
}

/** What preparing depends on. */
interface PrepareParts {
  readonly traits: TraitsOf
  readonly log: Logger
  readonly clock: Clock
  /** That of the device, if it has one. */
  readonly namespace: NamedNamespace | undefined
  /** Where WireGuard's tools are answered about a tunnel that was killed; they are not if absent. */
  readonly toolsFolder: string | undefined
}

/**
 * What a tunnel is to change on its host, or in the namespace of its device.
 *
 * @throws ConfigError if it cannot be done; HostError if what a killed process left cannot be undone, and has to be.
 */
export async function prepareHost(
  config: TunnelConfig,
  { clock, log, namespace, toolsFolder, traits }: PrepareParts,
): Promise<PreparedHost> {
  const { file, hooksAs, host: settings, journal, tun } = config
  const noted = journal ?? journalFrom(join(runFolder(process.env), tun.name ?? String(process.pid)))
  if (settings === undefined) {
    await repairLeft(noted, log, clock)
    return { host: undefined, config }
  }
  const { HostChanges } = await import('../../host/host-changes.js') // most tunnels change nothing of their hosts
  const addresses = tun.addresses.map(({ local }) => local)
  let lookingUp: ReturnType<typeof knownAddresses> | undefined
  const lookUp = () => {
    lookingUp ??= knownAddresses(config, traits, clock)
    return lookingUp
  }
  const split = mayLeadAround(config, traits) ? withRangesAround(config, traits, await lookUp()) : config
  const host = await HostChanges.prepare(
    {
      ...{ settings, hooksAs, file, addresses, beside: besideOf(config), around: split.around, namespace },
      ...{ journal: noted, lookUp, log, clock },
    },
    toolsFolder === undefined ? undefined : await answererOf(toolsFolder, { config, traits, clock, log }),
  )
  return { host, config: split }
}

/** Tunnels that tools do not ask load nothing of this. */
async function answererOf(folder: string, killed: KilledTunnel): Promise<AnswerTools> {
  const { answerForKilled } = await import('../uapi/answer-for-killed.js')
  return answerForKilled(folder, killed)
}

/** Undoes what a killed process left of a tunnel that no longer changes its host. */
async function repairLeft(journal: string, log: Logger, clock: Clock): Promise<void> {
  if (!existsSync(journal)) return
  const { repairExcept } = await import('../../host/repair.js')
  // What cannot be undone is told in the log: the tunnel does not need it.
  await repairExcept(journal, { log, clock, hooks: NO_HOOKS }, () => false)
}
