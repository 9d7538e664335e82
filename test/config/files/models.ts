import fc from 'fast-check'
import type { ConfigModel } from '../../../src/config/schema/model.js'
import { LOG_LEVELS } from '../../../src/core/api/logger.js'

type Shape = Record<string, fc.Arbitrary<unknown>>

/** Any of these keys, each there or not. */
export const some = (shape: Shape) => fc.record(shape, { requiredKeys: [] })
export const listOf = (item: fc.Arbitrary<string>) => fc.array(item, { minLength: 1, maxLength: 3 })

const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64'))
const file = fc.constantFrom('key', './a b/key', '/etc/qanat/"key"', 'schlüssel\\x')
export const mtu = fc.integer({ min: 1280, max: 65_000 })
export const table = fc.oneof(fc.constantFrom('auto', 'off'), fc.integer({ min: 1, max: 2 ** 32 - 1 }))
export const port = fc.integer({ min: 1, max: 65_535 })
const host = fc.constantFrom('vpn.example.org', '192.0.2.7', '[2001:db8::1]')
export const bare = fc.tuple(host, port).map(([name, number]) => `udp://${name}:${number}`)
export const url = fc
  .tuple(fc.constantFrom('tcp', 'ws', 'wss'), host, port)
  .map(([s, h, p]) => `${s}://${h}:${p}/a,b`)
const octet = fc.integer({ min: 0, max: 255 })
const ipv4 = fc.tuple(octet, octet, fc.integer({ min: 0, max: 32 })).map(([a, b, n]) => `10.${a}.${b}.1/${n}`)
const ipv6 = fc
  .tuple(octet, fc.integer({ min: 0, max: 128 }))
  .map(([a, n]) => `fd00:${a.toString(16)}::1/${n}`)
export const addresses = listOf(fc.oneof(ipv4, ipv6))
export const keepalive = fc.integer({ min: 0, max: 65_535 })
export const proxy = fc.constantFrom('none', 'http://user:p%23ss@proxy:3128', 'socks5://[::1]:1080')
const whole = fc.integer({ min: 131_072, max: 600_000 })

/** Limits of connections. */
export const streams = some({
  sendQueue: whole,
  maxUnauthenticated: whole,
  maxUnauthenticatedPerAddress: whole,
  unauthenticatedTimeout: whole,
})

export const names = listOf(fc.constantFrom('10.0.0.1', 'fd00::1', 'example.org'))
export const commands = listOf(
  fc.constantFrom(
    'echo a, b',
    'iptables -A FORWARD -i %i -j ACCEPT; true = true',
    'ip route del 10.0.0.0/8 || true',
  ),
)
/** What a server hands to clients. */
export const pushed: Shape = {
  pushRoutes: addresses,
  pushDns: names,
  pushMtu: mtu,
}

/** Whatever a TOML file can say, each value valid by itself. */
export const anyModel = fc
  .record({
    interface: some({
      name: fc.constantFrom('wg0', 'home.1', 'a-b_c'),
      cipher: fc.constantFrom('wireguard', 'aes-256-gcm'),
      privateKey: key,
      privateKeyFile: file,
      key: fc.string({ minLength: 1 }),
      keyFile: file,
      address: addresses,
      listen: listOf(fc.oneof(bare, url)),
      mtu,
      table,
      fwmark: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      killSwitch: fc.boolean(),
      dns: names,
      forward: fc.boolean(),
      nat: fc.boolean(),
      preUp: commands,
      postDown: commands,
      tunDriver: fc.constantFrom('linux', 'tuntap2'),
      user: fc.constantFrom('nobody', '65534'),
      plugins: listOf(file),
    }),
    peers: fc.array(
      some({
        name: fc.constantFrom('laptop', 'Büro 2', 'a.b-c_d'),
        publicKey: key,
        presharedKey: key,
        presharedKeyFile: file,
        allowedIps: addresses,
        endpoints: listOf(fc.oneof(bare, url)),
        keepalive,
        proxy,
        accept: fc.subarray(['addresses', 'routes', 'dns', 'mtu'], { minLength: 1 }),
        ...pushed,
      }),
      { maxLength: 3 },
    ),
  })
  .chain((model) => some(otherTables).map((others) => ({ ...model, ...others }) as unknown as ConfigModel))

const otherTables: Shape = {
  server: some({ endpoints: listOf(url), ...pushed }),
  tls: some({ certFile: file, serverName: fc.constant('example.org'), pin: key }),
  websocket: some({
    headers: listOf(fc.constantFrom('Host: a', 'X-A:b')),
    trustedProxies: addresses,
    clientAddressHeader: fc.constantFrom('x-forwarded-for', 'forwarded', 'x-real-ip'),
    documentRoot: file,
    maxMessage: fc.integer({ min: 2_048, max: 65_535 }),
    httpFallback: fc.boolean(),
  }),
  streams,
  log: some({ level: fc.constantFrom(...LOG_LEVELS) }),
}

/** Whatever a wg-quick file can say. */
export const anyWgQuickModel = fc
  .record({
    interface: some({
      privateKey: key,
      address: addresses,
      listen: port.map((number) => [`udp://[::]:${number}`]),
      dns: names,
      mtu,
      table,
      fwmark: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      preUp: commands,
      postDown: commands,
      saveConfig: fc.boolean(),
    }),
    peers: fc.array(
      some({
        publicKey: key,
        presharedKey: key,
        allowedIps: addresses,
        endpoints: listOf(fc.oneof(bare, url)),
        keepalive,
        proxy,
      }),
      { maxLength: 3 },
    ),
  })
  .map((model) => model as unknown as ConfigModel)
