import { CIPHER_SUMMARIES } from '../ciphers/summaries.js'
import type { CipherTraits } from '../core/api/cipher.js'
import type { PartTraits } from '../core/plugin/part-traits.js'
import { type CipherPart, definePlugin, type Plugin, type TransportContext } from '../core/plugin/plugin.js'
import { systemClock } from '../core/time/system-clock.js'
import { type DatagramPort, MemoryDatagramTransport } from '../transports/memory/datagram.js'
import { MemoryHub } from '../transports/memory/hub.js'
import { DEFAULT_PORTS } from '../transports/net/endpoint-port.js'
import { carrierPartsOf } from '../transports/shared/carrier-parts.js'
import { MemoryTunDriver } from '../tun/memory.js'
import { partTraitsIn } from './plugins/part-traits.js'

// What a part is made of is loaded when it is chosen: all of it together would double the time to start.

/** All ends within this process meet here, and a test finds its devices there. */
const memoryHub = new MemoryHub<DatagramPort>({ clock: systemClock })
const memoryTunDriver = new MemoryTunDriver()

const transports: Plugin['transports'] = {
  udp: {
    summary: 'datagrams over UDP, IPv4 and IPv6: the fastest where it gets through',
    kind: 'datagram',
    authority: 'host',
    ports: portsOf('udp'),
    rank: 1,
    async create(context) {
      const [{ UdpTransport }, { chooseUdp }, { resolve }] = await Promise.all([
        import('../transports/udp/udp.js'),
        import('../transports/udp/udp-backend.js'),
        carrierPartsOf(context.container).egress(),
      ])
      return new UdpTransport(context, chooseUdp(context.log, context.mark), resolve)
    },
  },
  tcp: {
    summary: 'datagrams over TCP connections, also through proxies: where UDP is blocked',
    proxied: true,
    authority: 'host',
    ports: portsOf('tcp'),
    searchesPathMtu: false,
    rank: 2,
    groups: ['tls', 'streams'],
    async create(context) {
      const settings = settingsOf(context)
      const [{ TcpTransport }, parts] = await Promise.all([
        import('../transports/tcp/tcp.js'),
        carrierPartsOf(context.container).streams(),
      ])
      return new TcpTransport(settings, parts)
    },
  },
  ws: {
    summary:
      'datagrams over WebSockets, with or without TLS, also through proxies: where only the web passes',
    schemes: ['ws', 'wss'],
    proxied: true,
    idleProbe: 15_000, // proxies commonly forget an idle connection after 20 to 60 s
    authority: 'host',
    ports: portsOf('ws', 'wss'),
    searchesPathMtu: false,
    certified: ['wss'],
    rank: 3,
    groups: ['tls', 'websocket', 'streams'],
    async create(context) {
      const settings = settingsOf(context)
      const [{ WebSocketTransport }, parts] = await Promise.all([
        import('../transports/websocket/websocket.js'),
        carrierPartsOf(context.container).streams(),
      ])
      return new WebSocketTransport(settings, parts)
    },
  },
  http: {
    summary:
      'datagrams over posts and their answers, with or without TLS: where web servers or proxies strip WebSockets',
    schemes: ['http', 'https'],
    proxied: true,
    idleProbe: 15_000, // as above
    authority: 'host',
    ports: portsOf('http', 'https'),
    searchesPathMtu: false,
    certified: ['https'],
    groups: ['tls', 'websocket', 'streams'],
    async create(context) {
      const settings = settingsOf(context)
      const [{ HttpTransport }, { WebSocketTransport }, parts] = await Promise.all([
        import('../transports/http/http.js'),
        import('../transports/websocket/websocket.js'),
        carrierPartsOf(context.container).streams(),
      ])
      return new HttpTransport(settings, parts, new WebSocketTransport(settings, parts))
    },
  },
  memory: {
    summary: 'within this process, for tests: memory://name',
    kind: 'datagram',
    authority: 'name',
    source: 'none',
    create: () => new MemoryDatagramTransport(memoryHub),
  },
}

/** What transports over connections are made of: groups of options take the place of helpers that only plugins need. */
function settingsOf({ groups, streams: _helpers, ...others }: TransportContext) {
  return { ...others, ...groups, streamLimits: groups?.streams }
}

/** Ciphers that two ends use, which share a key. */
const TWO_ENDS: CipherTraits = { keys: 'shared', peers: 'one' }

const ciphers: Plugin['ciphers'] = {
  'aes-256-gcm': cipher('aes-256-gcm', TWO_ENDS, async () => (await import('../ciphers/psk.js')).aes256Gcm),
  'chacha20-poly1305': cipher(
    'chacha20-poly1305',
    TWO_ENDS,
    async () => (await import('../ciphers/psk.js')).chacha20Poly1305,
  ),
  wireguard: cipher(
    'wireguard',
    { keys: 'private', peers: 'many' },
    async () => (await import('../ciphers/wireguard.js')).wireguard,
  ),
  xor: cipher('xor', { keys: 'none', peers: 'one' }, async () => (await import('../ciphers/xor.js')).xor),
}

function cipher(
  name: keyof typeof CIPHER_SUMMARIES,
  traits: CipherTraits,
  load: () => Promise<CipherPart>,
): CipherPart {
  return {
    ...traits,
    summary: CIPHER_SUMMARIES[name],
    create: async (context) => (await load()).create(context),
  }
}

const tunDrivers: Plugin['tunDrivers'] = {
  linux: {
    summary: '/dev/net/tun called directly through koffi: the fastest',
    create: async ({ container }) => container.resolve((await import('../tun/linux.js')).LinuxTunDriver),
  },
  tuntap2: {
    summary: 'the package tuntap2: needs no koffi, and is slower',
    create: async ({ container }) => container.resolve((await import('../tun/tuntap2.js')).Tuntap2Driver),
  },
  memory: {
    summary: 'no interface: packets stay within this process, for tests',
    create: () => memoryTunDriver,
  },
}

/** All that Qanat brings along: a plugin as any other. */
export const builtins = definePlugin({ api: 1, name: 'built-in', transports, ciphers, tunDrivers })

/** What is known of these parts, as long as no plugin is loaded. */
export const BUILT_IN_TRAITS: PartTraits = { ...partTraitsIn([builtins]), optionFaults: () => [] }

function portsOf<Scheme extends keyof typeof DEFAULT_PORTS>(...schemes: readonly Scheme[]) {
  return Object.fromEntries(schemes.map((scheme) => [scheme, DEFAULT_PORTS[scheme]]))
}
