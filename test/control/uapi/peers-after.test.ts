import { describe, expect, it } from 'vitest'
import { peersAfter } from '../../../src/control/uapi/peers-after.js'
import { SetReader } from '../../../src/control/uapi/set-request.js'
import type { PeerConfig } from '../../../src/core/api/config.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'

const hexOf = (number: number) => String(number).padStart(2, '0').repeat(32)
const idOf = (number: number) => Buffer.from(hexOf(number), 'hex').toString('base64')

function peer(number: number, ...ranges: readonly string[]): PeerConfig {
  return { id: idOf(number), allowed: ranges.map((text) => parseIpPrefix(text)!), endpoints: [] }
}

/** The peers after lines; `publicKey` stands for its own name. */
function after(
  peers: readonly PeerConfig[],
  lines: readonly string[],
  ownKey?: string,
  reachedAt: (id: string) => string | undefined = () => undefined,
): PeerConfig[] {
  const reader = new SetReader()
  for (const line of lines) reader.line(line)
  return peersAfter(reader.request, { peers, ownKey, reachedAt })
}

const ranges = (peers: readonly PeerConfig[]) =>
  peers.map(({ id, allowed }) => [id, ...allowed.map(({ text }) => text)])

describe('peersAfter', () => {
  it('leaves peers that no line names as they are', () => {
    const before = [{ ...peer(1, '10.0.0.1/32'), name: 'laptop', keepalive: 25 }, peer(2)]
    expect(after(before, [])).toEqual(before)
  })

  it('adds a peer with what is said of it', () => {
    const lines = [
      `public_key=${hexOf(1)}`,
      `preshared_key=${hexOf(9)}`,
      'endpoint=192.0.2.1:7',
      'persistent_keepalive_interval=5',
      'allowed_ip=10.0.0.0/8',
    ]
    expect(after([], lines)).toEqual([
      {
        ...peer(1, '10.0.0.0/8'),
        presharedKey: idOf(9),
        endpoints: [new URL('udp://192.0.2.1:7')],
        keepalive: 5,
      },
    ])
  })

  it('changes of a peer what is said, and keeps its name and what is pushed to it', () => {
    const before = {
      ...peer(1, '10.0.0.1/32'),
      name: 'laptop',
      presharedKey: idOf(9),
      accepts: ['dns'] as const,
    }
    expect(after([before], [`public_key=${hexOf(1)}`, `preshared_key=${hexOf(0)}`])).toEqual([
      { ...before, presharedKey: undefined },
    ])
  })

  it('removes a peer, and one that is not there without a word', () => {
    const lines = [1, 3].flatMap((number) => [`public_key=${hexOf(number)}`, 'remove=true'])
    expect(ranges(after([peer(1), peer(2)], lines))).toEqual([[idOf(2)]])
  })

  it('makes no peer that is only to be updated', () => {
    const lines = [1, 2].flatMap((number) => [
      `public_key=${hexOf(number)}`,
      'update_only=true',
      `allowed_ip=10.0.0.${number}/32`,
    ])
    expect(ranges(after([peer(1)], lines))).toEqual([[idOf(1), '10.0.0.1/32']])
  })

  it('replaces all peers, and what the protocol cannot say of one that comes back stays', () => {
    const before = [{ ...peer(1, '10.0.0.1/32'), name: 'laptop', keepalive: 25 }, peer(2)]
    expect(after(before, ['replace_peers=true', `public_key=${hexOf(1)}`])).toEqual([
      { ...peer(1), name: 'laptop' },
    ])
    expect(after(before, ['replace_peers=true'])).toEqual([])
  })

  it('moves a range from the peer that had it to the one that gets it', () => {
    const before = [peer(1, '10.0.0.0/24', '10.0.1.0/24'), peer(2)]
    const lines = [`public_key=${hexOf(2)}`, 'allowed_ip=10.0.0.7/24']
    expect(ranges(after(before, lines))).toEqual([
      [idOf(1), '10.0.1.0/24'],
      [idOf(2), '10.0.0.7/24'],
    ])
  })

  it('lets a range that one peer gives up go to another in one request, whichever comes first', () => {
    const before = [peer(1, '10.0.0.0/24'), peer(2, '10.0.1.0/24')]
    const swap = (first: number, second: number) =>
      [first, second].flatMap((number) => [
        `public_key=${hexOf(number)}`,
        'replace_allowed_ips=true',
        `allowed_ip=10.0.${2 - number}.0/24`,
      ])
    for (const lines of [swap(1, 2), swap(2, 1)]) {
      expect(ranges(after(before, lines))).toEqual([
        [idOf(1), '10.0.1.0/24'],
        [idOf(2), '10.0.0.0/24'],
      ])
    }
  })

  it('takes a range from the peer that has it, and from no other', () => {
    const before = [peer(1, '10.0.0.0/24'), peer(2)]
    expect(ranges(after(before, [`public_key=${hexOf(2)}`, 'allowed_ip=-10.0.0.0/24']))).toEqual([
      [idOf(1), '10.0.0.0/24'],
      [idOf(2)],
    ])
    expect(ranges(after(before, [`public_key=${hexOf(1)}`, 'allowed_ip=-10.0.0.0/24']))).toEqual([
      [idOf(1)],
      [idOf(2)],
    ])
  })

  it('gives nothing back of a range that moved and was cleared', () => {
    const lines = [`public_key=${hexOf(2)}`, 'allowed_ip=10.0.0.0/24', 'replace_allowed_ips=true']
    expect(ranges(after([peer(1, '10.0.0.0/24'), peer(2)], lines))).toEqual([[idOf(1)], [idOf(2)]])
  })

  it('writes a range as it was written before', () => {
    const lines = [`public_key=${hexOf(1)}`, 'replace_allowed_ips=true', 'allowed_ip=10.0.0.1/32']
    expect(ranges(after([peer(1, '10.0.0.1')], lines))).toEqual([[idOf(1), '10.0.0.1']])
  })

  it('ignores a peer that is this end, and removes one that becomes it', () => {
    const own = idOf(1)
    expect(after([], [`public_key=${hexOf(1)}`, 'allowed_ip=10.0.0.0/8'], own)).toEqual([])
    expect(after([peer(1), peer(2)], [], own)).toEqual([peer(2)])
  })

  it('keeps the endpoints of a peer that is reached where it is to be', () => {
    const endpoints = [new URL('udp://vpn.example.com:51820')]
    const before = { ...peer(1), endpoints }
    const lines = [`public_key=${hexOf(1)}`, 'endpoint=192.0.2.1:51820']
    const at = (place: string) => after([before], lines, undefined, () => place)[0]!.endpoints
    expect(at('192.0.2.1:51820')).toEqual(endpoints)
    expect(at('192.0.2.2:51820')).toEqual([new URL('udp://192.0.2.1:51820')])
  })
})
