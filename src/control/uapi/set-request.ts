import { KEEPALIVE } from '../../core/api/config.js'
import { showBare } from '../../core/api/redact.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { setZone } from '../../core/ip/zone.js'
import { MARK } from '../../core/settings/host-settings.js'
import { MAX_PORT, MIN_PORT } from '../../core/settings/ports.js'
import { fromHexKey } from './hex-key.js'
import { ERRNO, UapiError } from './uapi-error.js'

/** What `set=1` asks for. What is absent stays as it is; null stands for no key. Keys are in base64. */
export interface SetRequest {
  readonly privateKey?: string | null
  /** 0: a free one. */
  readonly listenPort?: number
  /** 0: none. */
  readonly mark?: number
  /** All peers of before go. */
  readonly replacesPeers: boolean
  /** In the order in which they are dealt with; a peer may come twice. */
  readonly peers: readonly PeerRequest[]
}

/** What becomes of one peer. */
export interface PeerRequest {
  readonly publicKey: string
  readonly removes: boolean
  /** Nothing is done if the peer is not there. */
  readonly onlyUpdates: boolean
  readonly presharedKey?: string | null
  readonly endpoint?: URL
  readonly keepalive?: number
  /** In the order in which they are dealt with. */
  readonly ranges: readonly RangeRequest[]
}

/** What becomes of the addresses that a peer owns: it owns none, one range more, or one less. */
export type RangeRequest = 'clear' | { readonly range: IpPrefix; readonly adds: boolean }

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
type DraftPeer = Writable<Omit<PeerRequest, 'ranges'>> & { readonly ranges: RangeRequest[] }
type Draft = Writable<Omit<SetRequest, 'peers'>> & { readonly peers: DraftPeer[] }

/** Reads the lines behind `set=1`, one after another. */
export class SetReader {
  readonly #draft: Draft = { replacesPeers: false, peers: [] }

  /** @throws UapiError if the line is none of the protocol's. */
  line(text: string): void {
    const equals = text.indexOf('=')
    if (equals < 0) throw new UapiError('a line has no "="', ERRNO.protocol)
    const [key, value] = [text.slice(0, equals), text.slice(equals + 1)]
    const peer = this.#draft.peers.at(-1)
    if (key === 'public_key') this.#draft.peers.push(newPeer(keyOf(key, value)))
    else if (peer === undefined) deviceLine(this.#draft, key, value)
    else peerLine(peer, key, value)
  }

  /** All lines were read. */
  get request(): SetRequest {
    return this.#draft
  }
}

function newPeer(publicKey: string | null): DraftPeer {
  if (publicKey === null) throw new UapiError('public_key is zero')
  return { publicKey, removes: false, onlyUpdates: false, ranges: [] }
}

function deviceLine(draft: Draft, key: string, value: string): void {
  if (key === 'private_key') draft.privateKey = keyOf(key, value)
  else if (key === 'listen_port') draft.listenPort = numberOf(key, value, MAX_PORT)
  else if (key === 'fwmark') draft.mark = numberOf(key, value, MARK.max)
  else if (key === 'replace_peers') draft.replacesPeers = isTrue(key, value)
  else throw new UapiError(`a key of the device is unknown; ${DEVICE_KEYS}`)
}

function peerLine(peer: DraftPeer, key: string, value: string): void {
  if (key === 'remove') peer.removes = isTrue(key, value)
  else if (key === 'update_only') peer.onlyUpdates = isTrue(key, value)
  else if (key === 'preshared_key') peer.presharedKey = keyOf(key, value)
  else if (key === 'endpoint') peer.endpoint = endpointOf(value)
  else if (key === 'persistent_keepalive_interval') peer.keepalive = numberOf(key, value, KEEPALIVE.max)
  else if (key === 'replace_allowed_ips') {
    isTrue(key, value)
    peer.ranges.push('clear')
  } else if (key === 'allowed_ip') peer.ranges.push(rangeOf(value))
  else if (key === 'protocol_version') {
    if (value !== '1') throw new UapiError('protocol_version is not 1')
  } else throw new UapiError(`a key of a peer is unknown; ${PEER_KEYS}`)
}

const DEVICE_KEYS = 'allowed: private_key, listen_port, fwmark, replace_peers, public_key'
const PEER_KEYS =
  'allowed: remove, update_only, preshared_key, endpoint, persistent_keepalive_interval, replace_allowed_ips, allowed_ip, protocol_version'

function keyOf(key: string, value: string): string | null {
  const base64 = fromHexKey(value)
  if (base64 === undefined) throw new UapiError(`${key} is not 64 hexadecimal digits`)
  return base64
}

function numberOf(key: string, value: string, most: number): number {
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN
  if (number <= most) return number
  throw new UapiError(`${key} is not within 0 to ${most}`)
}

function isTrue(key: string, value: string): true {
  if (value === 'true') return true
  throw new UapiError(`${key} is not "true"`)
}

/** IPv6 in brackets, maybe with a zone, or IPv4; and a port. */
const ENDPOINT = /^(?:\[([0-9a-fA-F:.]+)(?:%([A-Za-z0-9_.-]{1,15}))?\]|([0-9.]+)):(\d{1,5})$/

/** `ADDRESS:PORT`: the tools look names up themselves. */
function endpointOf(value: string): URL {
  const [, six, zone, four, digits] = ENDPOINT.exec(value) ?? []
  const address = parseIpAddress(six ?? four ?? '')
  const port = Number(digits)
  if (address?.length !== (six === undefined ? 4 : 16) || !(port >= MIN_PORT && port <= MAX_PORT)) {
    throw new UapiError('endpoint is not ADDRESS:PORT')
  }
  const url = new URL(`udp://${six === undefined ? four : `[${six}]`}:${port}`)
  if (zone !== undefined) setZone(url, zone)
  showBare(url) // as wg shows it
  return url
}

function rangeOf(value: string): RangeRequest {
  const adds = !value.startsWith('-')
  const text = adds ? value : value.slice(1)
  const range = text.includes('/') ? parseIpPrefix(text) : undefined
  if (range === undefined) throw new UapiError('allowed_ip is not ADDRESS/BITS')
  return { range, adds }
}
