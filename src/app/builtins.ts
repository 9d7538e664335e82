import { CIPHER_SUMMARIES } from '../ciphers/summaries.js'
import { type CipherPart, definePlugin, type Plugin } from '../core/plugin/plugin.js'
import { DEFAULT_PORT, HTTP_PORT, HTTPS_PORT } from '../core/settings/ports.js'
import { systemClock } from '../core/time/system-clock.js'
import { type DatagramPort, MemoryDatagramTransport } from '../transports/memory/datagram.js'
import { MemoryHub } from '../transports/memory/hub.js'
import { carrierPartsOf } from '../transports/shared/carrier-parts.js'
import { MemoryTunDriver } from '../tun/memory.js'

// What a part is made of is loaded when it is chosen: all of it together would double the time to start.

/** All ends within this process meet here, and a test finds its devices there. */
const memoryHub = new MemoryHub<DatagramPort>({ clock: systemClock })
const memoryTunDriver = new MemoryTunDriver()

const transports: Plugin['transports'] = {
  udp: {
    summary: 'datagrams over UDP, IPv4 and IPv6: the fastest where it gets through',
    kind: 'datagram',
    ports: { udp: DEFAULT_PORT },
    async create(context) {
      const [{ UdpTransport }, { chooseUdp }, { resolve }] = await Promise.all([
        import('../transports/udp/udp.js'),
        import('../transports/udp/udp-backend.js'),
        carrierPartsOf(context.container).egress(context),
      ])
      return new UdpTransport(context, chooseUdp(context.log, context.mark), resolve)
    },
  },
  tcp: {
    summary: 'datagrams over TCP connections, also through proxies: where UDP is blocked',
    proxied: true,
    ports: { tcp: DEFAULT_PORT },
    async create(context) {
      const [{ TcpTransport }, parts] = await Promise.all([
        import('../transports/tcp/tcp.js'),
        carrierPartsOf(context.container).streams(context),
      ])
      return new TcpTransport(context, parts)
    },
  },
  ws: {
    summary:
      'datagrams over WebSockets, with or without TLS, also through proxies: where only the web passes',
    schemes: ['ws', 'wss'],
    proxied: true,
    idleProbe: 15_000, // proxies commonly forget an idle connection after 20 to 60 s
    ports: { ws: HTTP_PORT, wss: HTTPS_PORT },
    async create(context) {
      const [{ WebSocketTransport }, parts] = await Promise.all([
        import('../transports/websocket/websocket.js'),
        carrierPartsOf(context.container).streams(context),
      ])
      return new WebSocketTransport(context, parts)
    },
  },
  memory: {
    summary: 'within this process, for tests: memory://name',
    kind: 'datagram',
    create: () => new MemoryDatagramTransport(memoryHub),
  },
}

const ciphers: Plugin['ciphers'] = {
  'aes-256-gcm': cipher('aes-256-gcm', async () => (await import('../ciphers/psk.js')).aes256Gcm),
  'chacha20-poly1305': cipher(
    'chacha20-poly1305',
    async () => (await import('../ciphers/psk.js')).chacha20Poly1305,
  ),
  wireguard: cipher('wireguard', async () => (await import('../ciphers/wireguard.js')).wireguard),
  xor: cipher('xor', async () => (await import('../ciphers/xor.js')).xor),
}

function cipher(name: keyof typeof CIPHER_SUMMARIES, load: () => Promise<CipherPart>): CipherPart {
  return {
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
