import type { DependencyContainer } from 'tsyringe'
import { CIPHER_SUMMARIES } from '../ciphers/summaries.js'
import type { Logger } from '../core/api/logger.js'
import {
  CIPHER,
  type CipherPlugin,
  LOGGER,
  TRANSPORT,
  type TransportPlugin,
  TUN_DRIVER,
  type TunDriverPlugin,
} from '../core/api/plugin.js'
import { systemClock } from '../core/time/system-clock.js'
import { type DatagramPort, MemoryDatagramTransport } from '../transports/memory/datagram.js'
import { MemoryHub } from '../transports/memory/hub.js'
import { MemoryTunDriver } from '../tun/memory.js'

// What a part is made of is loaded when it is chosen: all of it together would double the time to start.

/** All ends within this process meet here, and a test finds its devices there. */
const memoryHub = new MemoryHub<DatagramPort>({ clock: systemClock })
const memoryTunDriver = new MemoryTunDriver()

const transports: TransportPlugin[] = [
  {
    name: 'udp',
    summary: 'datagrams over UDP, IPv4 and IPv6: the fastest where it gets through',
    async create(settings, container) {
      const [{ UdpTransport }, { chooseUdp }, { egressOf }] = await Promise.all([
        import('../transports/udp/udp.js'),
        import('../transports/udp/udp-backend.js'),
        import('../transports/dialing/choose-egress.js'),
      ])
      const { resolve } = await egressOf(settings, container)
      return new UdpTransport(settings, chooseUdp(container.resolve<Logger>(LOGGER), settings.mark), resolve)
    },
  },
  {
    name: 'tcp',
    summary: 'datagrams over TCP connections, also through proxies: where UDP is blocked',
    async create(settings, container) {
      const [{ TcpTransport }, { streamParts }] = await Promise.all([
        import('../transports/tcp/tcp.js'),
        import('../transports/streams/stream-parts.js'),
      ])
      return new TcpTransport(settings, await streamParts(settings, container))
    },
  },
  {
    name: 'ws',
    summary:
      'datagrams over WebSockets, with or without TLS, also through proxies: where only the web passes',
    schemes: ['ws', 'wss'],
    async create(settings, container) {
      const [{ WebSocketTransport }, { streamParts }] = await Promise.all([
        import('../transports/websocket/websocket.js'),
        import('../transports/streams/stream-parts.js'),
      ])
      return new WebSocketTransport(settings, await streamParts(settings, container))
    },
  },
  {
    name: 'memory',
    summary: 'within this process, for tests: memory://name',
    create: () => new MemoryDatagramTransport(memoryHub),
  },
]

const ciphers: CipherPlugin[] = [
  cipher('aes-256-gcm', async () => (await import('../ciphers/psk.js')).aes256Gcm),
  cipher('chacha20-poly1305', async () => (await import('../ciphers/psk.js')).chacha20Poly1305),
  cipher('wireguard', async () => (await import('../ciphers/wireguard.js')).wireguard),
  cipher('xor', async () => (await import('../ciphers/xor.js')).xor),
]

function cipher(name: keyof typeof CIPHER_SUMMARIES, load: () => Promise<CipherPlugin>): CipherPlugin {
  return {
    name,
    summary: CIPHER_SUMMARIES[name],
    create: async (settings, container) => (await load()).create(settings, container),
  }
}

const tunDrivers: TunDriverPlugin[] = [
  {
    name: 'linux',
    summary: '/dev/net/tun called directly through koffi: the fastest',
    create: async (container) => container.resolve((await import('../tun/linux.js')).LinuxTunDriver),
  },
  {
    name: 'tuntap2',
    summary: 'the package tuntap2: needs no koffi, and is slower',
    create: async (container) => container.resolve((await import('../tun/tuntap2.js')).Tuntap2Driver),
  },
  {
    name: 'memory',
    summary: 'no interface: packets stay within this process, for tests',
    create: () => memoryTunDriver,
  },
]

/** Registers all that Qanat brings along, by the same door as any plugin. */
export function register(container: DependencyContainer): void {
  for (const plugin of transports) container.register(TRANSPORT, { useValue: plugin })
  for (const plugin of ciphers) container.register(CIPHER, { useValue: plugin })
  for (const plugin of tunDrivers) container.register(TUN_DRIVER, { useValue: plugin })
}
