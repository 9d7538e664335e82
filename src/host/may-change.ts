import { ConfigError } from '../core/api/errors.js'
import type { HostSettings } from '../core/settings/host-settings.js'

/** What a running tunnel can still do to its host. */
export interface Standing {
  /** The mark of the carrier's packets; 0 for none. */
  readonly mark: number
  /** Whether the process is who it was at its start. */
  readonly hasRights: boolean
}

/** @throws ConfigError if a running tunnel cannot go on with these settings of its host. */
export function checkMayChange(asked: HostSettings, { hasRights, mark }: Standing): void {
  if (!hasRights) {
    throw takesStart(
      'kill-switch, dns, forward, nat and hooks cannot change once root is given up; restart it',
    )
  }
  if (asked.killSwitch && mark === 0) {
    throw takesStart('a kill switch needs a mark on what carries the tunnel, which has none; restart it')
  }
}

function takesStart(why: string): ConfigError {
  return new ConfigError(`Cannot change the tunnel while it runs: ${why}`, { code: 'ERR_CONFIG_VALUE' })
}
