import { readFileSync } from 'node:fs'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { RESOLV_CONF, WRITTEN_BY } from '../../core/settings/name-servers.js'

/** The name servers that systemd-resolved itself asks, where resolv.conf names only its stub. */
const RESOLVED_UPSTREAM = '/run/systemd/resolve/resolv.conf'
const RESOLVED_STUBS = ['127.0.0.53', '127.0.0.54']
/** Name servers and search domains that are taken of a file, as the C library does. resolv.conf(5) */
const MAX_SERVERS = 3
const MAX_DOMAINS = 6

/** Whom this host asks for names. */
export interface NameServers {
  /** Addresses, the first one first. */
  readonly servers: readonly string[]
  /** Domains that a name without a dot may belong to. */
  readonly search: readonly string[]
}

/**
 * Reads the name servers of this host, as resolv.conf(5) says; if a tunnel wrote that file, this one or another, those of
 * before: outside a tunnel, nobody answers at its own. A missing file names none.
 */
export function readNameServers(read: (path: string) => string = readText): NameServers {
  const now = read(RESOLV_CONF)
  const own = parseResolvConf(now.startsWith(WRITTEN_BY) ? textBefore(now, read) : now)
  if (!own.servers.some((server) => RESOLVED_STUBS.includes(server))) return own
  const upstream = parseResolvConf(read(RESOLVED_UPSTREAM))
  return upstream.servers.length > 0 ? upstream : own
}

/** What a tunnel will restore, as the first line of its text tells. */
function textBefore(text: string, read: (path: string) => string): string {
  const kept = / was=(\/\S+)\]$/.exec(text.split('\n', 1)[0]!)?.[1]
  return kept === undefined ? '' : read(kept)
}

/** What a text in the format of resolv.conf(5) names. */
export function parseResolvConf(text: string): NameServers {
  const servers: string[] = []
  let search: string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (keyword === 'nameserver' && words[0] !== undefined) servers.push(words[0])
    else if (keyword === 'search' || keyword === 'domain') search = words // the last one counts
  }
  return {
    servers: servers
      .filter((server) => parseIpAddress(server) !== undefined) // one with a zone, fe80::1%eth0, is passed over
      .slice(0, MAX_SERVERS),
    search: search.slice(0, MAX_DOMAINS),
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
