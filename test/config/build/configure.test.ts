import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { generateSharedKey } from '../../../src/ciphers/keys/keys.js'
import { KEY_VARIABLE } from '../../../src/cli/options/shared-key.js'
import type { ConfigModel } from '../../../src/config/schema/model.js'
import { asError } from '../../../src/core/api/errors.js'
import { SETTING_KINDS } from '../../../src/core/settings/client-settings.js'
import { A, B, OWN } from '../../support/keys.js'
import * as any from '../files/models.js'
import { FrontDoors } from './front-doors.js'

/** Each run writes files. */
const RUNS = { numRuns: 50 }

let doors: FrontDoors
let folder: string
beforeEach(() => {
  folder = temporaryFolder()
  doors = new FrontDoors(folder)
})

type Own = ConfigModel['interface']
type Peer = ConfigModel['peers'][number]
type Others = Omit<ConfigModel, 'interface' | 'peers'>
/** A part of a model: what is always there, and what may be. */
const part = <Part>(always: Part, maybe: Parameters<typeof any.some>[0]) =>
  any.some(maybe).map((rest) => ({ ...always, ...rest }))

const modelOf = (
  own: fc.Arbitrary<Own>,
  peer: fc.Arbitrary<Peer>,
  others: fc.Arbitrary<Others> = fc.constant({}),
) =>
  fc.record({ own, peer, others }).map(
    ({ own, peer, others }): ConfigModel => ({
      interface: own,
      peers: [peer],
      ...others,
    }),
  )

const listenPort = any.port.map((port) => [`udp://[::]:${port}`])
const endpoints = any.listOf(fc.oneof(any.bare, any.url))
const NAME = 'wg0'
const SHARED_KEY = generateSharedKey()

/** Of a WireGuard's own end, what everybody can say. */
const wireguard = fc
  .record({ address: any.addresses, listen: listenPort })
  .chain((own) => part<Own>({ name: NAME, privateKey: OWN.privateKey, ...own }, { mtu: any.mtu }))
const wireguardPeer = any.addresses.chain((allowedIps) =>
  part<Peer>(
    { publicKey: A.publicKey, allowedIps },
    { endpoints, keepalive: any.keepalive, presharedKey: fc.constant(B.privateKey), proxy: any.proxy },
  ),
)

describe('a tunnel', () => {
  it('is the same by options, a TOML file, a wg-quick file and the library', () => {
    fc.assert(
      fc.property(modelOf(wireguard, wireguardPeer), (model) => {
        const config = doors.object(model)
        expect(doors.flags(model)).toStrictEqual(config)
        expect(doors.file('toml', model)).toStrictEqual(config)
        expect(doors.file('wg-quick', model)).toStrictEqual(config)
      }),
      RUNS,
    )
  })

  it('is the same by options, a TOML file and the library, if it says what those alone can say', () => {
    const { certFile: cert, keyFile: key } = new TestAuthority().issue('example.org')
    const own = fc
      .record({ address: any.addresses, listen: any.listOf(fc.oneof(any.bare, any.url)) })
      .chain((given) =>
        part<Own>(
          { name: NAME, key: SHARED_KEY, ...given },
          {
            cipher: fc.constantFrom('aes-256-gcm', 'chacha20-poly1305', 'xor'),
            mtu: any.mtu,
            plugins: any.listOf(fc.constantFrom('/etc/qanat/mine.js', '/etc/qanat/other.js')), // a package is found from where its door is
            tunDriver: fc.constantFrom('linux', 'tuntap2'),
            portalProbe: fc.constant('http://probe.example/#ok'),
          },
        ),
      )
    const peer = part<Peer>(
      {},
      { allowedIps: any.addresses, endpoints, keepalive: any.keepalive, proxy: any.proxy },
    )
    const others = part<Others>(
      {},
      {
        tls: any.some({
          certFile: fc.constant(cert),
          keyFile: fc.constant(key),
          keyPassphraseFile: fc.constant(key), // is read, and not needed
          caFile: fc.constant(cert),
          pin: fc.constantFrom(A.publicKey, `sha256//${A.publicKey}`, 'AB'.repeat(32)),
          serverName: fc.constant('example.org'),
          proxyCaFile: fc.constant(cert),
        }),
        websocket: any.some({
          headers: any.listOf(fc.constantFrom('Host: example.org:80', 'X-A:b')),
          trustedProxies: any.addresses,
          clientAddressHeader: fc.constantFrom('x-forwarded-for', 'forwarded', 'x-real-ip'),
          documentRoot: fc.constant('/srv/www'),
          maxMessage: fc.integer({ min: 2_048, max: 65_535 }),
          httpFallback: fc.constant(true),
        }),
      },
    )
    fc.assert(
      fc.property(modelOf(own, peer, others), (model) => {
        const config = doors.object(model)
        expect(doors.flags(model)).toStrictEqual(config)
        expect(doors.file('toml', model)).toStrictEqual(config)
      }),
      RUNS,
    )
  })

  it('is the same by a TOML file, a wg-quick file and the library, if it says what those alone can say', () => {
    const own = wireguard.chain((given) =>
      part<Own>(given, {
        dns: any.names,
        fwmark: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        preUp: any.commands,
        postUp: any.commands,
        preDown: any.commands,
        postDown: any.commands,
        table: any.table,
      }),
    )
    const dials = (publicKey: string): ConfigModel['peers'] => [
      { publicKey, allowedIps: ['192.168.7.0/24'], endpoints: ['udp://192.0.2.1:51820'] },
    ]
    fc.assert(
      fc.property(modelOf(own, wireguardPeer), fc.boolean(), (one, isTwo) => {
        const { listen, ...silent } = one.interface
        const model = isTwo ? { interface: silent, peers: [...one.peers, ...dials(B.publicKey)] } : one
        const config = doors.object(model)
        expect(doors.file('toml', model)).toStrictEqual(config)
        expect(doors.file('wg-quick', model)).toStrictEqual(config)
      }),
      RUNS,
    )
  })

  it('is the same by a TOML file and the library, if it says what those alone can say', () => {
    const own = wireguard.chain((given) =>
      part<Own>(given, {
        ...{ forward: fc.boolean(), killSwitch: fc.boolean(), nat: fc.boolean(), rehearsal: fc.boolean() },
      }),
    )
    const peer = wireguardPeer.chain((given) =>
      part<Peer>(
        { name: 'laptop', ...given },
        { accept: fc.subarray([...SETTING_KINDS], { minLength: 1 }), ...any.pushed },
      ),
    )
    const others = part<Others>(
      {},
      {
        log: fc.constant({ level: 'debug' }),
        server: any.some({ endpoints, isolateClients: fc.boolean(), ...any.pushed }),
        streams: any.streams,
      },
    )
    fc.assert(
      fc.property(modelOf(own, peer, others), (model) => {
        expect(doors.file('toml', model)).toStrictEqual(doors.object(model))
      }),
      RUNS,
    )
  })
})

describe('options', () => {
  const model = (more: Own = {}, peer: Peer = {}): ConfigModel => ({
    interface: { name: NAME, key: SHARED_KEY, address: ['10.0.0.1/24'], listen: ['udp://[::]:1'], ...more },
    peers: [peer],
  })
  const typed = (...args: string[]) => doors.typed(['--tun', NAME, ...args])
  const key = () => ['--key-file', doors.write('shared', SHARED_KEY)]

  const before = process.env[KEY_VARIABLE]
  afterEach(() => {
    if (before === undefined) delete process.env[KEY_VARIABLE]
    else process.env[KEY_VARIABLE] = before
  })

  it('name two addresses of a point-to-point device, before all others', () => {
    const { tun, ...rest } = typed(
      '10.0.0.1',
      '10.0.0.2',
      '--address',
      'fd00::1/64',
      '--listen',
      '1',
      ...key(),
    )
    const same = doors.object(model({ address: ['10.0.0.1', 'fd00::1/64'] }))
    expect(tun.addresses).toEqual([
      { local: '10.0.0.1', peer: '10.0.0.2', prefix: 32 },
      { local: 'fd00::1', peer: undefined, prefix: 64 },
    ])
    expect({ ...rest, tun: { ...tun, addresses: [] } }).toStrictEqual({
      ...same,
      tun: { ...same.tun, addresses: [] },
    })
  })

  it('take endpoints in short forms, by the transport that is named', () => {
    const args = [
      '--address',
      '10.0.0.1/24',
      '-p',
      'vpn.example.org',
      '-p',
      'udp://[fd00::1]',
      '--listen',
      '8080',
    ]
    const same = model(
      { listen: ['tcp://[::]:8080'] },
      { endpoints: ['tcp://vpn.example.org:1337', 'udp://[fd00::1]:1337'] },
    )
    expect(typed(...args, '--transport', 'tcp', ...key())).toStrictEqual(doors.object(same))
  })

  it('let an end wait at the default port if it has nobody to call', () => {
    const same = doors.object(model({ listen: ['udp://[::]:1337'] }))
    expect(typed('--address', '10.0.0.1/24', ...key())).toStrictEqual(same)
  })

  it('leave a WireGuard that calls at the default port, while a file takes a free one', () => {
    const calls = {
      interface: { name: NAME, privateKey: OWN.privateKey, address: ['10.0.0.1/24'] },
      peers: [{ publicKey: A.publicKey, allowedIps: ['10.0.0.2/32'], endpoints: ['udp://192.0.2.1:1'] }],
    }
    const { listen, ...rest } = doors.object(calls)
    expect(listen.map(String)).toEqual(['udp://[::]:0'])
    expect(doors.flags(calls)).toStrictEqual({ ...rest, listen: [] })
  })

  it('take a key of the environment, but not beside a private key', () => {
    process.env[KEY_VARIABLE] = SHARED_KEY
    expect(typed('--address', '10.0.0.1/24', '--listen', '1')).toStrictEqual(doors.object(model()))
    const { key: _, ...own } = model({ privateKey: OWN.privateKey }).interface
    const config = doors.flags({
      interface: own,
      peers: [{ publicKey: A.publicKey, allowedIps: ['10.0.0.2/32'] }],
    })
    expect([config.cipher, config.key]).toEqual(['wireguard', undefined])
  })
})

describe('what is wrong', () => {
  const wrong = (more: object, peer: object = {}): ConfigModel => ({
    interface: {
      name: NAME,
      privateKey: OWN.privateKey,
      address: ['10.0.0.1/24'],
      listen: ['udp://[::]:1'],
      ...more,
    },
    peers: [{ publicKey: A.publicKey, allowedIps: ['10.0.0.2/32'], ...peer }],
  })
  const said = (read: () => unknown) => {
    try {
      read()
    } catch (thrown) {
      return asError(thrown).message.replaceAll(`${folder}/`, '').split('\n')
    }
    return []
  }

  it.each([
    [
      wrong({ mtu: 100 }),
      ' is 100; allowed: a whole number within 576 to 65000',
      ["'--mtu'", "'mtu' in [interface]", "'MTU' in [Interface]", "'interface.mtu'"],
    ],
    [
      wrong({}, { keepalive: 70_000 }),
      ' is 70000; allowed: whole seconds within 0 to 65535',
      [
        "'--keepalive'",
        "'keepalive' in [[peer]] 1",
        "'PersistentKeepalive' in [Peer] 1",
        "'peers[0].keepalive'",
      ],
    ],
    [
      wrong({}, { publicKey: 'abc' }),
      ' is a text of 3 characters; allowed: 32 bytes in base64, 44 characters that end with "="',
      ["'--peer-key'", "'public-key' in [[peer]] 1", "'PublicKey' in [Peer] 1", "'peers[0].publicKey'"],
    ],
    [
      wrong({}, { allowedIps: ['10.0.0.2/32', 'moon'] }),
      " is 'moon'; allowed: a range such as 10.0.0.2/32 or fd00::/64",
      [
        "'--allowed-ips'",
        "'allowed-ips' in [[peer]] 1",
        "'AllowedIPs' in [Peer] 1",
        "'peers[0].allowedIps[1]'",
      ],
    ],
  ])(
    'is told in the same words, and called as its source calls it',
    (model, words, [flag, toml, wgQuick, member]) => {
      expect(said(() => doors.flags(model))).toEqual([`Cannot use the command line: ${flag}${words}`])
      expect(said(() => doors.object(model))).toEqual([`Cannot use the configuration: ${member}${words}`])
      expect(said(() => doors.file('toml', model))[0]).toMatch(line(`wg0.toml:\\d+`, `${toml}${words}`))
      expect(said(() => doors.file('wg-quick', model))[0]).toMatch(
        line(`wg0.conf:\\d+`, `${wgQuick}${words}`),
      )
    },
  )

  it('is told with the place that names a file which cannot be read', () => {
    const model = { ...wrong({}), tls: { caFile: '/no/ca.pem' } }
    const why = ": ENOENT: no such file or directory, open '/no/ca.pem'"
    expect(said(() => doors.flags(model))).toEqual([`Cannot use the command line: '--tls-ca'${why}`])
    expect(said(() => doors.object(model))).toEqual([`Cannot use the configuration: 'tls.caFile'${why}`])
    expect(said(() => doors.file('toml', model))[0]).toMatch(
      line('wg0.toml:\\d+', `'ca-file' in [tls]${why}`),
    )
  })

  it('is told of all options at once, and of the variable that gives the key', () => {
    process.env[KEY_VARIABLE] = ''
    const args = [
      '--address',
      '10.0.0.1/24',
      '--mtu',
      'big',
      '--tls-pin',
      'x',
      '--header',
      'none',
      '--proxy',
      'ftp://a',
    ]
    const lines = said(() => doors.typed(args))
    delete process.env[KEY_VARIABLE]
    expect(lines.map((line) => /^Cannot use the command line: ('[^']+') is /.exec(line)?.[1])).toEqual([
      "'QANAT_KEY'",
      "'--mtu'",
      "'--proxy'",
      "'--tls-pin'",
      "'--header'",
    ])
  })

  function line(place: string, words: string): RegExp {
    return new RegExp(`^Cannot use ${place}: ${words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)
  }
})
