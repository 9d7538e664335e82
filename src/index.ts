import 'reflect-metadata'

export type { ShownCertificate } from './app/carriers/shown-certificates.js'
export type { FigureStatus, FigureValue, PluginFigures } from './app/figures/figure-values.js'
export { createTunnel } from './app/library/create-tunnel.js'
export type { EmbeddedTunnel } from './app/library/embedded-tunnel.js'
export type { TunnelPeers } from './app/library/own-peers.js'
export type {
  DropsEvent,
  PeerEvent,
  PeerName,
  TrafficEvent,
  TunnelEvents,
} from './app/library/tunnel-events.js'
export type { TunnelOptions } from './app/library/tunnel-options.js'
export type { GivenPlugin, PluginExports } from './app/plugins/plugins.js'
export type {
  Choice as RegisteredPart,
  CipherPlugin,
  PluginModule,
  RegisteredTransport,
  TransportPlugin,
  TunDriverPlugin,
} from './app/plugins/register-form.js'
export type {
  AttemptStatus,
  Carried,
  ConnectingStatus,
  DropCounts,
  GroupStatus,
  PeerStatus,
  PortalStatus,
  ReasonStatus,
  TroubleStatus,
  TunnelStatus,
} from './app/tunnel/status.js'
export { generatePrivateKey, generateSharedKey, publicKeyOf } from './ciphers/keys/keys.js'
export type { MessageLimits } from './ciphers/noise/handshake/protocol.js'
export type { NoiseCipherOptions, NoiseHash } from './ciphers/noise-cipher-options.js'
export { type NoiseCipherPart, noiseCipher } from './ciphers/own-noise-cipher.js'
export type {
  Configuration,
  InterfaceConfiguration,
  LogConfiguration,
  PeerConfiguration,
  ServerConfiguration,
  StreamsConfiguration,
  TlsConfiguration,
  WebsocketConfiguration,
} from './config/schema/configuration.js'
export * from './core/entry.js'
export type { PresenceState } from './core/peers/presence.js'
export type { NodeTypes } from './transports/network/node-types.js'
export { type StreamRemote, streamLink } from './transports/streams/stream-link.js'
export { type MemoryDevice, type MemoryDeviceOptions, memoryDevice } from './tun/memory-device.js'
