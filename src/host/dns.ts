import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { asError, HostError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import type { DnsSettings } from '../core/settings/host-settings.js'
import { RESOLV_CONF } from '../core/settings/name-servers.js'
import { namespaceAtHand } from '../native/process/namespace-scope.js'
import { findProgram } from '../native/process/programs.js'
import { nameServersFile } from './files/name-server-places.js'
import { changeNameServers } from './name-servers-file.js'
import { makeNamespaceFolder } from './namespace-folder.js'
import { command } from './programs/command.js'
import type { Change } from './record/change.js'
import type { Journal } from './record/journal.js'
import { type UndoNotedParts, undoAndStrikeOut } from './undo-noted.js'

const RESOLVED_FOLDER = '/run/systemd/resolve/'
/** The addresses at which systemd-resolved listens. systemd-resolved.service(8) */
const RESOLVED_STUB = /^\s*nameserver\s+127\.0\.0\.5[34]\s*$/m
/** Debian's resolvconf has an order of interfaces, by what their names begin with. */
const INTERFACE_ORDER = '/etc/resolvconf/interface-order'

/** A way to tell the host whom to ask for names. */
type DnsWay = 'resolvectl' | 'resolvconf' | 'file'

/**
 * Has the host ask these name servers for all names, or for those of their domains, in the way that it keeps them: by
 * systemd-resolved if that answers, by resolvconf if that is installed, else by /etc/resolv.conf. A network namespace has a
 * file of its own.
 *
 * @throws HostError if that fails.
 */
export async function changeDns(
  device: string,
  dns: DnsSettings,
  journal: Journal,
  log: Logger,
): Promise<DnsWay> {
  const way = chooseWay()
  if (way !== 'resolvectl') checkSplit(dns, log)
  const namespace = namespaceAtHand()
  if (namespace !== undefined) makeNamespaceFolder(namespace.name, journal)
  if (way === 'resolvectl') await tellResolved(device, dns, log)
  else if (way === 'resolvconf') await tellResolvconf(device, dns, journal)
  else changeNameServers(nameServersFile(), device, dns, journal, log)
  return way
}

/** Has the host ask whom it asked before `changeDns`, while the device stays. */
export async function restoreDns(device: string, journal: Journal, parts: UndoNotedParts): Promise<void> {
  if (chooseWay() === 'resolvectl') await command('resolvectl', ['revert', device])
  const isDns = ({ kind }: Change) => ['name-servers', 'resolvconf', 'folder'].includes(kind)
  const changes = journal.changes.filter(isDns)
  if (changes.length > 0) await undoAndStrikeOut(journal, changes, parts)
}

function chooseWay(): DnsWay {
  if (namespaceAtHand() !== undefined) return 'file'
  if (isResolveds() && findProgram('resolvectl') !== undefined) return 'resolvectl'
  return findProgram('resolvconf') === undefined ? 'file' : 'resolvconf'
}

function isResolveds(): boolean {
  try {
    const file = realpathSync(RESOLV_CONF)
    return file.startsWith(RESOLVED_FOLDER) || RESOLVED_STUB.test(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
}

/** Nobody but systemd-resolved asks different name servers for different names. @throws HostError if that is required. */
function checkSplit({ servers, split }: DnsSettings, log: Logger): void {
  if (split === undefined) return
  const domains = split.domains.join(', ')
  if (split.isRequired) {
    const why =
      "that takes systemd-resolved, which does not keep this host's name servers; leave 'dns-domains' out"
    throw new HostError(`Cannot ask ${servers.join(', ')} for ${domains} alone: ${why}`, {
      code: 'ERR_HOST_CHANGE',
    })
  }
  log.warn('asking the name servers for all names, since systemd-resolved is not in charge', {
    servers,
    domains,
  })
}

/** What it is told of an interface goes with the interface, however that ends, so that nothing is to be undone. */
async function tellResolved(device: string, dns: DnsSettings, log: Logger): Promise<void> {
  const { search, split } = dns
  await tellServers(device, dns, log)
  // The domain "." means all names, whatever other interfaces say. resolvectl(1)
  const routed = split === undefined ? ['~.'] : split.domains.map((domain) => `~${domain}`)
  await command('resolvectl', ['domain', device, ...search, ...routed])
  // Without it the servers may be asked for what no other interface claims.
  if (split !== undefined) await command('resolvectl', ['default-route', device, 'false'])
}

/** With the names in their certificates, which systemd-resolved takes since version 246. */
async function tellServers(device: string, { names = {}, servers }: DnsSettings, log: Logger): Promise<void> {
  const named = servers.map((server) => (names[server] === undefined ? server : `${server}#${names[server]}`))
  try {
    await command('resolvectl', ['dns', device, ...named])
  } catch (thrown) {
    if (Object.keys(names).length === 0) throw thrown
    await command('resolvectl', ['dns', device, ...servers])
    log.warn(
      'systemd-resolved does not take the names of the name servers, so their certificates are not checked against these names',
      { servers: named, why: asError(thrown).message },
    )
  }
}

async function tellResolvconf(
  device: string,
  { servers, search }: DnsSettings,
  journal: Journal,
): Promise<void> {
  const record = `${interfacePrefix()}${device}`
  const lines = servers.map((server) => `nameserver ${server}`)
  if (search.length > 0) lines.push(`search ${search.join(' ')}`)
  const before = existsSync(RESOLV_CONF) ? { before: readFileSync(RESOLV_CONF, 'utf8') } : {}
  journal.note({ kind: 'resolvconf', record, servers, ...before })
  // As wg-quick does: of the first rank, and alone.
  await command('resolvconf', ['-a', record, '-m', '0', '-x'], `${lines.join('\n')}\n`)
}

function interfacePrefix(): string {
  if (!existsSync(INTERFACE_ORDER)) return ''
  const order = readFileSync(INTERFACE_ORDER, 'utf8')
  const [, prefix] = /^([A-Za-z0-9-]+)\*$/m.exec(order) ?? []
  return prefix === undefined ? '' : `${prefix}.`
}
