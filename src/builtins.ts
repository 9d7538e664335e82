import type { DependencyContainer } from 'tsyringe'
import { aes256Gcm, chacha20Poly1305 } from './ciphers/psk.js'
import { wireguard } from './ciphers/wireguard.js'
import { xor } from './ciphers/xor.js'
import type { Logger } from './core/logger.js'
import {
  CIPHER,
  type CipherPlugin,
  LOGGER,
  TRANSPORT,
  type TransportPlugin,
  TUN_DRIVER,
  type TunDriverPlugin,
} from './core/plugin.js'
import { systemClock } from './core/system-clock.js'
import { type DatagramPort, MemoryDatagramTransport } from './transports/memory/datagram.js'
import { MemoryHub } from './transports/memory/hub.js'
import { streamParts } from './transports/stream-parts.js'
import { TcpTransport } from './transports/tcp/tcp.js'
import { UdpTransport } from './transports/udp/udp.js'
import { chooseUdp } from './transports/udp/udp-way.js'
import { WebSocketTransport } from './transports/websocket/websocket.js'
import { LinuxTunDriver } from './tun/linux.js'
import { MemoryTunDriver } from './tun/memory.js'
import { Tuntap2Driver } from './tun/tuntap2.js'

/** All ends within this process meet here, and a test finds its devices there. */
const memoryHub = new MemoryHub<DatagramPort>({ clock: systemClock })
const memoryTunDriver = new MemoryTunDriver()

const transports: TransportPlugin[] = [
  {
    name: 'udp',
    summary: 'datagrams over UDP, IPv4 and IPv6: the fastest where it gets through',
    create: (settings, container) =>
      new UdpTransport(settings, chooseUdp(container.resolve<Logger>(LOGGER), settings.mark)),
  },
  {
    name: 'tcp',
    summary: 'datagrams over TCP connections, also through proxies: where UDP is blocked',
    create: (settings, container) => new TcpTransport(settings, streamParts(settings, container)),
  },
  {
    name: 'ws',
    summary:
      'datagrams over WebSockets, with or without TLS, also through proxies: where only the web passes',
    schemes: ['ws', 'wss'],
    create: (settings, container) => new WebSocketTransport(settings, streamParts(settings, container)),
  },
  {
    name: 'memory',
    summary: 'within this process, for tests: memory://name',
    create: () => new MemoryDatagramTransport(memoryHub),
  },
]

const ciphers: CipherPlugin[] = [aes256Gcm, chacha20Poly1305, wireguard, xor]

const tunDrivers: TunDriverPlugin[] = [
  {
    name: 'linux',
    summary: '/dev/net/tun called directly through koffi: the fastest',
    create: (container) => container.resolve(LinuxTunDriver),
  },
  {
    name: 'tuntap2',
    summary: 'the package tuntap2: needs no koffi, and is slower',
    create: (container) => container.resolve(Tuntap2Driver),
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
