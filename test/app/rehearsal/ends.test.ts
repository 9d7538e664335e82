import { describe, expect, it } from 'vitest'
import { endsOf } from '../../../src/app/rehearsal/ends.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { EVERYTHING, parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { NO_SETTINGS } from '../../../src/core/settings/client-settings.js'

/** A tunnel that changes its host, goes through a proxy and marks what it sends. */
const REAL: TunnelConfig = {
  cipher: 'aes-256-gcm',
  key: 'of the real tunnel',
  privateKey: 'as well',
  peers: [
    {
      id: 'peer',
      name: 'laptop',
      allowed: EVERYTHING,
      endpoints: [new URL('wss://192.0.2.1')],
      push: NO_SETTINGS,
    },
  ],
  isolateClients: true,
  listen: [new URL('wss://[::]:443')],
  transports: {
    mark: 0x5157,
    proxy: { url: new URL('http://user:secret@192.0.2.7:3128'), ca: 'of the proxy' },
    groups: { tls: { cert: 'real', key: 'real', ca: 'real' }, streams: { sendQueue: 65_536 } },
  },
  host: { killSwitch: true, dns: undefined } as unknown as TunnelConfig['host'],
  journal: '/run/qanat/real.journal',
  tun: {
    ...{ name: 'real', mtu: 1_380, routes: EVERYTHING },
    addresses: [{ local: '192.0.2.9', peer: undefined, prefix: 24 }],
  },
  plugins: ['./real.mjs'],
}

describe('the ends of a rehearsal', () => {
  it.each([
    { name: 'aes-256-gcm', keys: 'shared' },
    { name: 'wireguard', keys: 'private' },
    { name: 'xor', keys: 'none' },
  ] as const)(
    'go with $name by the shape of the tunnel, and by nothing of its host, keys and ways out',
    (cipher) => {
      const listen = new URL('wss://127.0.0.1:0')
      const own = { certificate: 'throw-away', key: 'its key', pin: 'its pin' } as never
      const parts = { certified: true, hooks: ['counts'], nearListen: [], plugins: [] }
      const ends = endsOf({ ...parts, config: { ...REAL, cipher: cipher.name }, cipher, listen }, own)
      const near = ends.near(new URL('wss://127.0.0.1:4433'))
      for (const end of [ends.far, near]) {
        expect(end).toMatchObject({
          cipher: cipher.name,
          isolateClients: true,
          packetHooks: ['counts'],
          plugins: [],
        })
        expect(end.tun).toMatchObject({ mtu: 1_380, addresses: [], routes: [] })
        expect(end.host).toBeUndefined()
        expect(end.journal).toBe('')
        expect(end.transports?.mark).toBeUndefined()
        expect(end.transports?.proxy).toEqual({ url: 'none' })
        expect(end.transports?.groups?.streams).toEqual({ sendQueue: 65_536 })
        expect(JSON.stringify(end)).not.toMatch(/real|as well|secret|192\.0\.2|laptop/)
      }
      expect([ends.far.listen, near.listen]).toEqual([[listen], []])
      expect(near.peers[0]!.endpoints.map(({ hostname }) => hostname)).toEqual(['127.0.0.1'])
      expect(ends.far.transports?.groups?.tls).toEqual({ cert: 'throw-away', key: 'its key' })
      expect(near.transports?.groups?.tls).toEqual({ pin: 'its pin' })
    },
  )

  it('have keys of their own, and others each time', () => {
    const keys = [1, 2].flatMap(() => {
      const { far, near } = endsOf({
        ...{
          cipher: { keys: 'private' },
          config: { ...REAL, cipher: 'wireguard' },
          listen: new URL('udp://127.0.0.1:0'),
        },
        ...{ nearListen: [], certified: false, hooks: [], plugins: [] },
      })
      return [far.privateKey, near(new URL('udp://127.0.0.1:1')).privateKey]
    })
    expect(new Set(keys).size).toBe(4)
  })

  it('know their hosts alone if the peers of the tunnel have some addresses, not all', () => {
    const allowed = (own: TunnelConfig['peers'][number]['allowed']) => {
      const config = { ...REAL, peers: [{ ...REAL.peers[0]!, allowed: own }] }
      const parts = { certified: false, hooks: [], nearListen: [], plugins: [] }
      const cipher = { name: 'aes-256-gcm', keys: 'shared' } as const
      const ends = endsOf({ ...parts, config, cipher, listen: new URL('tcp://127.0.0.1:0') })
      return [ends.far, ends.near(new URL('tcp://127.0.0.1:9'))].map(({ peers }) =>
        peers[0]!.allowed.map(({ text }) => text),
      )
    }
    expect(allowed(EVERYTHING)).toEqual([EVERYTHING, EVERYTHING].map((all) => all.map(({ text }) => text)))
    expect(allowed([parseIpPrefix('192.0.2.0/24')!])).toEqual([
      ['10.0.0.1', '10.0.0.64/26', 'fd00::1', 'fd00::1:0/112'],
      ['10.0.0.2', '10.0.0.64/26', 'fd00::2', 'fd00::1:0/112'],
    ])
  })
})
