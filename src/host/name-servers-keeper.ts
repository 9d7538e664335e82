import { readFileSync } from 'node:fs'
import type { Logger } from '../core/api/logger.js'
import type { Clock } from '../core/time/clock.js'
import { rewriteNameServers } from './name-servers-file.js'
import type { Journal } from './record/journal.js'
import { lookRegularly } from './routing/look-regularly.js'
import { withNetworkLock } from './routing/network-lock.js'
import { type Kept, Upkeep } from './routing/upkeep.js'

/**
 * Milliseconds between two looks at the file. The kernel's events of files miss changes of a mounted file that are made
 * where it comes from.
 */
const INTERVAL = 500

/** What keeping the file of name servers depends on. */
export interface NameServersParts {
  readonly path: string
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
}

/** Keeps a file of name servers as a tunnel wrote it until it is closed: a DHCP client may write its own there. */
export function keepNameServers(parts: NameServersParts): Upkeep {
  const { clock, log } = parts
  const watch = lookRegularly(clock, INTERVAL, 'name-servers')
  return new Upkeep({ clock, log, kept: [keptFile(parts)], watch })
}

function keptFile({ clock, journal, log, path }: NameServersParts): Kept {
  const what = `the name servers in ${path}; what was written there is restored in the end`
  let seen: string | undefined
  /** The text that is to stay, or could not be replaced. */
  let settled: string | undefined
  return {
    kind: 'name-servers',
    async restore() {
      const now = textOf(path)
      if (now === settled) return []
      // A program that still writes is let finish: two looks have to see the same text.
      if (now !== seen) {
        seen = now
        return []
      }
      settled = now
      if (!(await withNetworkLock({ clock, log }, () => rewriteNameServers(path, journal, log)))) return []
      settled = undefined
      return [what]
    },
  }
}

/** Empty if there is none, or none that can be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
