import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { deviceNameOf } from '../../../src/config/build/device-name.js'
import { toTunnelConfig } from '../../../src/config/build/to-tunnel-config.js'
import type { Files } from '../../../src/config/build/transport-settings.js'
import type { ConfigModel } from '../../../src/config/schema/model.js'
import { A, B, OWN } from '../../support/keys.js'

const authority = new TestAuthority()
const own = authority.issue('example.org')
const TEXTS: Readonly<Record<string, string>> = {
  ca: authority.ca,
  cert: own.cert,
  key: own.key,
  pca: authority.ca,
}

const FILES: Files = {
  key: (path) => `key in ${path}`,
  keyBytes: (path) => Buffer.from(TEXTS[path]!),
  bytes: (path) => Buffer.from(TEXTS[path]!),
  resolve: (path) => `/etc/${path}`,
  environment: { HTTPS_PROXY: 'http://p' },
}

const MODEL: ConfigModel = {
  interface: {
    privateKey: OWN.privateKey,
    address: ['10.0.0.1/24', 'fd00::1'],
    listen: ['udp://[::]:51820'],
  },
  peers: [{ publicKey: A.publicKey, allowedIps: ['10.0.0.2', 'fd00::2:1/112'] }],
}

const read = (changes: Partial<ConfigModel>, path = '/etc/wg0.toml') =>
  toTunnelConfig(
    { ...MODEL, ...changes },
    {
      ...{ files: FILES, deviceName: deviceNameOf(path), takesFreePort: true, describe: String },
      ...{ remark: () => {}, now: Date.now() },
      traits: BUILT_IN_TRAITS,
    },
  )
const ownEnd = (more: ConfigModel['interface']) => ({ interface: { ...MODEL.interface, ...more } })

const pem = (text: string) => new X509Certificate(text).toString()

describe('toTunnelConfig', () => {
  it('fills in what a file leaves out', () => {
    const config = read({})
    expect(config).toMatchObject({
      cipher: 'wireguard',
      key: undefined,
      privateKey: OWN.privateKey,
      tunDriver: undefined,
      plugins: [],
    })
    expect(config.tun).toMatchObject({
      name: 'wg0',
      mtu: 1420,
      addresses: [
        { local: '10.0.0.1', peer: undefined, prefix: 24 },
        { local: 'fd00::1', peer: undefined, prefix: 128 },
      ],
    })
    expect(config.peers).toMatchObject([{ id: A.publicKey, presharedKey: undefined, endpoints: [] }])
    expect(config.listen.map(String)).toEqual(['udp://[::]:51820'])
  })

  it('routes what peers own, with the bits behind the prefix cleared', () => {
    const { routes } = read({}).tun
    expect(routes.map(({ text }) => text)).toEqual(['10.0.0.2/32', 'fd00::2:0/112'])
    expect(read(ownEnd({ table: 'off' })).tun.routes).toEqual([])
    expect(read(ownEnd({ table: 51820 })).tun).toMatchObject({ routingTable: 51820, routes: [{}, {}] })
  })

  it('says of a peer alone whose identity is shared that it is', () => {
    const peers = [{ publicKey: A.publicKey, sharedIdentity: true }, { publicKey: B.publicKey }]
    const shared = read({ peers } as Partial<ConfigModel>).peers.map((peer) => peer.sharedIdentity)
    expect(shared).toEqual([true, undefined])
  })

  it('gives members of a group what one of them says for all, one that is disabled, too, and routes it once', () => {
    const [first, second, third] = [A, B, OWN].map(({ publicKey }) => ({ publicKey, group: 'office' }))
    const peers = [
      first!,
      { ...second!, allowedIps: ['10.9.0.1/16'], choose: 'spread', disabled: true },
      third!,
    ]
    const { tun, ...config } = read({ peers } as Partial<ConfigModel>)
    const allowed = [{ text: '10.9.0.1/16' }]
    const group = { name: 'office', choose: 'spread' }
    expect(config.peers).toMatchObject(
      [first, third].map((peer) => ({ id: peer!.publicKey, allowed, group })),
    )
    expect(tun.routes.map(({ text }) => text)).toEqual(['10.9.0.0/16'])
  })

  it('leads the families that a peer owns all of into the tunnel, unless the file sees to routes itself', () => {
    const everything = (...allowedIps: string[]) => ({
      peers: [{ publicKey: A.publicKey, allowedIps: ['10.0.0.0/8', ...allowedIps] }],
    })
    const neither = { ipv4: false, ipv6: false }
    expect(read(everything()).host!.fullTunnel).toEqual(neither)
    expect(read(everything('0.0.0.0/0')).host!.fullTunnel).toEqual({ ipv4: true, ipv6: false })
    const both = read(everything('::/0', '0.0.0.0/0'))
    expect(both.host!.fullTunnel).toEqual({ ipv4: true, ipv6: true })
    expect(both.tun.routes.map(({ text }) => text)).toEqual(['10.0.0.0/8'])
    for (const table of ['off', 5] as const) {
      expect(read({ ...everything('0.0.0.0/0'), ...ownEnd({ table }) }).host!.fullTunnel).toEqual(neither)
    }
    expect(read({ ...everything('0.0.0.0/0'), ...ownEnd({ table: 5 }) }).tun.routes).toHaveLength(2)
  })

  it('asks nothing else of the host than what the file says', () => {
    const nothing = { killSwitch: false, forward: false, nat: false, dns: { servers: [], search: [] } }
    expect(read({}).host).toMatchObject({ mark: undefined, ...nothing })
    expect(read(ownEnd({ fwmark: 0 })).host!.mark).toBeUndefined()
    const host = {
      ...{
        fwmark: 7,
        killSwitch: true,
        dns: ['10.0.0.1', 'example.org', 'fd00::1'],
        forward: true,
        nat: true,
      },
      ...{ preUp: ['a'], postUp: ['b'], preDown: ['c'], postDown: ['d'] },
    }
    expect(read(ownEnd(host)).host).toMatchObject({
      ...{ mark: 7, killSwitch: true, forward: true, nat: true },
      dns: { servers: ['10.0.0.1', 'fd00::1'], search: ['example.org'] },
      hooks: { preUp: ['a'], postUp: ['b'], preDown: ['c'], postDown: ['d'] },
    })
  })

  it('reads keys from the files that are named', () => {
    const { privateKey: _, ...keyless } = MODEL.interface
    const config = read({
      interface: { ...keyless, privateKeyFile: 'own' },
      peers: [{ publicKey: A.publicKey, presharedKeyFile: 'psk' }],
    })
    expect(config.privateKey).toBe('key in own')
    expect(config.peers[0]!.presharedKey).toBe('key in psk')
  })

  it('gives the one peer of a shared key all addresses and no route', () => {
    const config = read({
      interface: { key: '12', address: ['10.0.0.1/24'], listen: ['udp://[::]:1'] },
      peers: [{}],
    })
    expect(config).toMatchObject({ cipher: 'aes-256-gcm', key: '12', peers: [{ id: 'peer' }] })
    expect(config.peers[0]!.allowed.map(({ text }) => text)).toEqual(['0.0.0.0/0', '::/0'])
    expect(config.tun.routes).toEqual([])
  })

  it('listens at a free UDP port where a WireGuard only dials, as wg does', () => {
    const dialling = (endpoint: string) =>
      read({
        interface: { privateKey: OWN.privateKey, address: ['10.0.0.1/24'] },
        peers: [{ publicKey: A.publicKey, endpoints: [endpoint] }],
      }).listen.map(String)
    expect(dialling('udp://192.0.2.1:51820')).toEqual(['udp://[::]:0'])
    expect(dialling('tcp://192.0.2.1:51820')).toEqual([])
  })

  it('hands the transports what the file says of them', () => {
    const { transports } = read({
      tls: { certFile: 'cert', keyFile: 'key', caFile: 'ca', proxyCaFile: 'pca', pin: 'p', serverName: 'n' },
      websocket: {
        headers: ['Host: example.org:8080', 'X-A:b'],
        trustedProxies: ['10.0.0.0/8'],
        clientAddressHeader: 'forwarded',
        documentRoot: 'www',
        maxMessage: 32_768,
        httpFallback: true,
      },
      streams: { sendQueue: 200_000 },
      peers: [{ publicKey: A.publicKey, endpoints: ['tcp://a:1'], proxy: 'socks5://[::1]:1080' }],
    })
    expect(transports).toEqual({
      proxy: {
        url: new URL('socks5://[::1]:1080'),
        source: 'peer,0,proxy',
        environment: FILES.environment,
        ca: pem(authority.ca),
      },
      groups: {
        tls: { ca: pem(authority.ca), cert: pem(own.cert), key: own.key, pin: 'p', serverName: 'n' },
        websocket: {
          headers: { Host: 'example.org:8080', 'X-A': 'b' },
          trustedProxies: ['10.0.0.0/8'],
          clientAddressHeader: 'forwarded',
          documentRoot: '/etc/www',
          maxMessage: 32_768,
          httpFallback: true,
        },
        streams: { sendQueue: 200_000 },
      },
    })
  })

  it('refuses several proxies, and ignores that of a peer by UDP', () => {
    const dialled = (publicKey: string, scheme: string, proxy: string) => ({
      publicKey,
      endpoints: [`${scheme}://a:1`],
      proxy,
    })
    const peers = (scheme: string) => ({
      peers: [dialled(A.publicKey, 'tcp', 'http://a'), dialled(B.publicKey, scheme, 'http://b')],
    })
    const one = dialled(A.publicKey, 'tcp', 'http://a socks5h://b')
    const headers = { proxyHeaders: ['User-Agent:  Mozilla/5.0 ', 'X-A: b:c'], proxyAuth: 'basic' as const }
    expect(read({ peers: [{ ...one, ...headers }] }).transports!.proxy).toMatchObject({
      url: new URL('http://a'),
      further: [new URL('socks5://b:1080')],
      auth: 'basic',
      headers: { 'User-Agent': 'Mozilla/5.0', 'X-A': 'b:c' },
    })
    const other = { ...one, publicKey: B.publicKey, ...headers }
    expect(() => read({ peers: [one, other] })).toThrow(/^Cannot dial by several proxies/)
    expect(() => read(peers('ws'))).toThrow(/^Cannot dial by several proxies/)
    expect(read(peers('udp')).transports!.proxy!.url).toEqual(new URL('http://a'))
    expect(read({ peers: [dialled(A.publicKey, 'tcp', 'none')] }).transports!.proxy!.url).toBe('none')
  })

  it('refuses what a variable says for a proxy before anything is dialled, but for endpoints that go without', () => {
    const dialling = (endpoint: string, environment: Record<string, string>) => () =>
      toTunnelConfig(
        { ...MODEL, peers: [{ publicKey: A.publicKey, endpoints: [endpoint] }] },
        {
          ...{ files: { ...FILES, environment }, deviceName: 'wg0', takesFreePort: true },
          ...{ describe: String, remark() {}, now: Date.now(), traits: BUILT_IN_TRAITS },
        },
      )
    const environment = { HTTPS_PROXY: 'http://user:can/ary@proxy' }
    const refusal = "Cannot use the proxy of HTTPS_PROXY: a '/' stands before its '@'"
    expect(dialling('wss://vpn.example.org/', environment)).toThrow(refusal)
    expect(dialling('wss://vpn.example.org/', environment)).not.toThrow(/canary|ary@/)
    expect(dialling('udp://vpn.example.org:1', environment)).not.toThrow()
    expect(dialling('wss://vpn.example.org/', { ...environment, NO_PROXY: 'example.org:443' })).not.toThrow()
  })

  it('pushes to a peer its single addresses, its own networks, and what the file has for it or else for all clients', () => {
    const config = read({
      server: {
        pushRoutes: ['10.9.1.2/16'],
        pushDns: ['10.0.0.1', 'example.org', 'FD00:0::1'],
        pushMtu: 1400,
      },
      peers: [
        { publicKey: A.publicKey, allowedIps: ['10.0.0.2', 'fd00::2/128', '10.1.0.0/16'] },
        {
          publicKey: B.publicKey,
          allowedIps: ['10.0.0.3/32'],
          pushRoutes: [],
          pushDns: ['home'],
          pushMtu: 1300,
        },
      ],
    })
    const texts = config.peers.map(({ push }) => ({
      ...push,
      addresses: push!.addresses.map(({ text }) => text),
      routes: push!.routes.map(({ text }) => text),
    }))
    expect(texts).toEqual([
      {
        addresses: ['10.0.0.2/32', 'fd00::2/128'],
        routes: ['10.0.0.0/24', '10.9.0.0/16'],
        nameServers: ['10.0.0.1', 'fd00::1'],
        searchDomains: ['example.org'],
        mtu: 1400,
      },
      {
        addresses: ['10.0.0.3/32'],
        routes: ['10.0.0.0/24'],
        nameServers: [],
        searchDomains: ['home'],
        mtu: 1300,
      },
    ])
  })

  it('accepts nothing unless the file says so, and leaves routes that it accepts to the peer', () => {
    expect(read({}).peers[0]!.accepts).toBeUndefined()
    const accepting = { publicKey: A.publicKey, allowedIps: ['0.0.0.0/0'], accept: ['routes'] as const }
    const config = read({ peers: [accepting, { publicKey: B.publicKey, allowedIps: ['10.0.0.3'] }] })
    expect(config.peers[0]).toMatchObject({ accepts: ['routes'], allowed: [{ text: '0.0.0.0/0' }] })
    expect(config.tun.routes.map(({ text }) => text)).toEqual(['10.0.0.3/32'])
  })

  it('leaves a name that no interface can have to the kernel', () => {
    expect(read({}, '/etc/my office.toml').tun.name).toBeUndefined()
    expect(read({}, '/etc/a-name-that-is-too-long.toml').tun.name).toBeUndefined()
    expect(read(ownEnd({ name: 'home0' })).tun.name).toBe('home0')
  })

  it("takes a plugin's path from the folder of the file, where a package is looked for, too", () => {
    expect(read(ownEnd({ plugins: ['./rot13.js', 'qanat-rot13'] })).plugins).toEqual([
      '/etc/./rot13.js',
      { name: 'qanat-rot13', from: '/etc/.' },
    ])
  })
})
