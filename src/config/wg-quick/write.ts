import { tomlDialect } from '../check/dialect.js'
import { cipherOf } from '../schema/cipher-of.js'
import type { Converted } from '../schema/converted.js'
import type { ConfigModel, PeerModel } from '../schema/model.js'
import { kebabKeys } from '../schema/names.js'
import { withoutComment } from './comments.js'
import { type Section, WG_QUICK_KEYS, type WgQuickKey } from './keys.js'
import { bareEndpoint, listenPortOf } from './values.js'

type Table = Record<string, unknown>

/**
 * A model as a wg-quick file. Endpoints and proxies that wg-quick does not know are written as Qanat reads them;
 * what has no key is lost, and remarked.
 *
 * @returns undefined if the cipher is not WireGuard's, so that no such file can be right.
 */
export function writeWgQuick(model: ConfigModel): Converted | undefined {
  if (cipherOf(model.interface) !== 'wireguard') return undefined
  const { interface: own, peers, ...others } = kebabKeys(model) as { interface: Table; peers: Table[] }
  const remarks: string[] = []
  const sections = [
    section('Interface', own, ['interface'], remarks),
    ...peers.map((peer, index) => section('Peer', peer, ['peer', index], remarks)),
  ]
  for (const name of Object.keys(others)) remarks.push(`[${name}] is lost: wg-quick files do not have it`)
  return { text: sections.join('\n'), remarks }
}

/** The lines of a further peer, to be put behind a file's text. */
export function writeWgQuickPeer(peer: PeerModel): string {
  return section('Peer', kebabKeys(peer) as Table, ['peer', 0], [])
}

function section(name: Section, table: Table, path: (string | number)[], remarks: string[]): string {
  const lines = [`[${name}]`]
  if (typeof table.name === 'string' && name === 'Peer') lines.push(`# ${table.name}`)
  const rest = new Map(Object.entries(table))
  for (const key of WG_QUICK_KEYS[name]) {
    const value = rest.get(key.key)
    if (value === undefined) continue
    const written = linesOf(key, value)
    if (written === undefined) continue
    if (!isLossy(key, value)) rest.delete(key.key)
    lines.push(...written.map((text) => `${key.name} = ${text}`))
    if (isQanatsOwn(key, written)) {
      remarks.push(`${tomlDialect.describe([...path, key.key])} is kept, and only Qanat understands it`)
    }
  }
  for (const key of rest.keys()) {
    if (key === 'cipher') continue // WireGuard's own is the only one
    let fate = 'is lost'
    if (key === 'name' && name === 'Peer') fate = 'is kept as a comment'
    else if (key === 'dns') fate = "is kept but for names without a dot behind '#'"
    else if (key === 'listen') fate = 'is lost but for a port of udp://[::]'
    remarks.push(`${tomlDialect.describe([...path, key])} ${fate}: wg-quick files do not have it`)
  }
  return `${lines.join('\n')}\n`
}

/** The values of a key's lines; undefined if it cannot be said. */
function linesOf({ form }: WgQuickKey, value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return [String(value)]
  const items = value as string[]
  if (form === 'port') {
    const port = items.map(listenPortOf).find((text) => text !== undefined)
    return port === undefined ? undefined : [port]
  }
  if (form === 'lines')
    return items.every((item) => !item.includes('#') && item === item.trim()) ? items : undefined
  if (form === 'endpoints') {
    const bare = items.findIndex((item) => bareEndpoint(item) !== undefined) // of several the last would count
    return items.map((item, at) => (at === bare ? bareEndpoint(item)! : item))
  }
  if (!items.some((item) => item.includes('#'))) return [items.join(', ')]
  return items.map((item) => withoutComment(`DNS = ${item}`).slice('DNS = '.length)) // to wg-quick the rest is a comment
}

/** A file has one port, and what else listens is lost, as are names of name servers' certificates that look like comments. */
function isLossy({ form }: WgQuickKey, value: unknown): boolean {
  if (form === 'port') return (value as string[]).length > 1
  return (
    form === 'list' && (value as string[]).some((item) => withoutComment(`DNS = ${item}`) !== `DNS = ${item}`)
  )
}

function isQanatsOwn({ name, form }: WgQuickKey, written: readonly string[]): boolean {
  if (name === 'Proxy' || (form === 'list' && written.some((text) => text.includes('#')))) return true
  return form === 'endpoints' && (written.length > 1 || written.some((text) => text.includes('://')))
}
