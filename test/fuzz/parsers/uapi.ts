import { peersAfter } from '../../../src/control/uapi/peers-after.js'
import { MAX_LINE, type Request, Requests } from '../../../src/control/uapi/requests.js'
import { UapiError } from '../../../src/control/uapi/uapi-error.js'
import { writeDevice } from '../../../src/control/uapi/write-device.js'
import type { PeerConfig } from '../../../src/core/api/config.js'
import { prefixKey } from '../../../src/core/ip/prefix-bits.js'
import type { Chance } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'

/** Bytes of a request in this test. */
const LIMIT = 4_000
// biome-ignore format: words
const WORDS = [
  '\n', '\n\n', '=', 'get=1\n', 'set=1\n', 'true', 'false', '0', '-1', '65536', '4294967296', '1e3', '0x1', '-', '/0', '/33', '/129', '::', '[',
  ']', ':', 'replace_peers=true\n', 'remove=true\n', 'allowed_ip=', 'public_key=', 'replace_allowed_ips=true\n', '\r', '\0', '\u2028',
  'x'.repeat(MAX_LINE),
]

/** Requests of WireGuard's tools, and what becomes of the peers by them. */
export const uapi: FuzzParser = {
  name: 'uapi',
  about: "requests of a local user to the socket of WireGuard's tools",
  share: 4_000,
  start: () => ({ round }),
}

function round(chance: Chance): void {
  const genuine = chance.some(4, () => (chance.happens(0.2) ? 'get=1\n\n' : setOf(chance))).join('')
  const isWhole = chance.happens(0.3)
  const text = isWhole ? genuine : chance.mutateText(genuine, WORDS)
  const requests = new Requests(LIMIT)
  const found: Request[] = []
  for (const piece of chance.pieces(Buffer.from(text))) {
    const whole = requests.take(Buffer.from(piece))
    if (whole === undefined) {
      expectThat(!isWhole, 'what is genuine was hung up on')
      break
    }
    found.push(...whole)
  }
  if (isWhole) {
    expectThat(found.length === genuine.split('\n\n').length - 1, `${found.length} requests`)
    expectThat(
      !found.some((one) => typeof one === 'object' && 'refused' in one),
      'what is genuine was refused',
    )
  }
  let peers: readonly PeerConfig[] = []
  for (const request of found) {
    if (request === 'get') continue
    if ('refused' in request) expectThat(request.refused instanceof UapiError, 'refused by something else')
    else peers = followed(request.set, peers)
  }
}

/** No range has two owners, no peer is there twice, and each can be shown. */
function followed(
  set: Parameters<typeof peersAfter>[0],
  before: readonly PeerConfig[],
): readonly PeerConfig[] {
  const peers = peersAfter(set, { peers: before, ownKey: undefined, reachedAt: () => undefined })
  const ranges = peers.flatMap(({ allowed }) => allowed.map(({ address, bits }) => prefixKey(address, bits)))
  expectThat(new Set(ranges).size === ranges.length, 'a range has two owners')
  expectThat(new Set(peers.map(({ id }) => id)).size === peers.length, 'a peer is there twice')
  const shown = writeDevice({
    mark: set.mark ?? 0,
    peers: peers.map(({ allowed, id, keepalive = 0, presharedKey }) => {
      return { publicKey: id, presharedKey, keepalive, allowed, sent: 0, received: 0 }
    }),
  })
  expectThat(
    shown.split('\n').every((line) => line === '' || /^[a-z_]+=[0-9a-f.:/]+$/.test(line)),
    'an answer with other lines',
  )
  return peers
}

function setOf(chance: Chance): string {
  const own = [
    `private_key=${keyOf(chance)}`,
    `listen_port=${chance.below(65_536)}`,
    `fwmark=${chance.below(2 ** 32)}`,
    'replace_peers=true',
  ].filter(() => chance.happens(0.3))
  const peers = chance.some(4, () => [
    `public_key=${keyOf(chance)}`,
    ...chance.some(5, () => peerLine(chance)),
  ])
  return ['set=1', ...own, ...peers.flat(), '', ''].join('\n')
}

function peerLine(chance: Chance): string {
  return chance.pick([
    () => 'remove=true',
    () => 'update_only=true',
    () => 'protocol_version=1',
    () => 'replace_allowed_ips=true',
    () => `preshared_key=${keyOf(chance)}`,
    () => `persistent_keepalive_interval=${chance.below(65_536)}`,
    () => `endpoint=${chance.happens(0.5) ? '192.0.2.1' : '[2001:db8::1]'}:${1 + chance.below(65_535)}`,
    () => `allowed_ip=${chance.happens(0.3) ? '-' : ''}10.${chance.below(3)}.0.0/${chance.below(33)}`,
    () => `allowed_ip=2001:db8:${chance.below(3)}::/${chance.below(129)}`,
  ])()
}

/** One of few, so that requests meet the same peers. */
function keyOf(chance: Chance): string {
  return `0${1 + chance.below(5)}`.repeat(32)
}
