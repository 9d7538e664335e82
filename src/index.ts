import 'reflect-metadata'

export { createTunnel } from './app/library/create-tunnel.js'
export type {
  EmbeddedTunnel,
  PeerEvent,
  TunnelEvents,
  TunnelOptions,
} from './app/library/embedded-tunnel.js'
export type {
  Choice as RegisteredPart,
  CipherPlugin,
  PluginModule,
  TransportPlugin,
  TunDriverPlugin,
} from './app/plugins/register-form.js'
export type { Carried, DropCounts, PeerStatus, TunnelStatus } from './app/tunnel/status.js'
export { generatePrivateKey, generateSharedKey, publicKeyOf } from './ciphers/keys/keys.js'
export type { MessageLimits } from './ciphers/noise/handshake/protocol.js'
export { type NoiseCipherOptions, type NoiseCipherPart, noiseCipher } from './ciphers/noise-cipher.js'
export type { Configuration } from './config/schema/model.js'
export * from './core/entry.js'
export type { NodeTypes } from './transports/network/node-types.js'
export { type StreamRemote, streamLink } from './transports/streams/stream-link.js'
