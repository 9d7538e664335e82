import 'reflect-metadata'

export { createTunnel } from './app/library/create-tunnel.js'
export type {
  EmbeddedTunnel,
  PeerEvent,
  TunnelEvents,
  TunnelOptions,
} from './app/library/embedded-tunnel.js'
export type {
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
export type { Aead, AeadAlgorithm, AeadFunctions, AeadLengths } from './core/api/aead.js'
export type {
  Cipher,
  CipherPeer,
  Due,
  Opened,
  OpenResult,
  PeerId,
  PeerManager,
  Sessions,
} from './core/api/cipher.js'
export {
  ConfigError,
  type ErrorCode,
  HostError,
  isConfigError,
  isHostError,
  isPluginError,
  isPluginFault,
  isQanatError,
  isTransportError,
  isTunError,
  PluginError,
  PluginFault,
  QanatError,
  TransportError,
  TunError,
} from './core/api/errors.js'
export type { Fields, Logger } from './core/api/logger.js'
export { HEADROOM, MAX_PACKET, type Packet, packetOf, TAILROOM } from './core/api/packet.js'
export type { HookOperation, HookPeer, HookResult, HookSees, PacketHook } from './core/api/packet-hook.js'
export { redact } from './core/api/redact.js'
export { type StatelessCipher, statelessCipher } from './core/api/stateless-cipher.js'
export type { Link, LinkHandlers, Listener, Transport } from './core/api/transport.js'
export type {
  DeviceShare,
  TunAddress,
  TunDevice,
  TunDriver,
  TunHandlers,
  TunOptions,
} from './core/api/tun-device.js'
export { editPacket, writeChecksums } from './core/hooks/edit-packet.js'
export type { Container, Provider, Token } from './core/injection/container.js'
export { CIPHER, CLOCK, LOGGER, OPTIONS, TRANSPORT, TUN_DRIVER } from './core/injection/tokens.js'
export { type IpPrefix, parseIpPrefix } from './core/ip/ip-prefix.js'
export { PacketHeaders } from './core/ip/packet-headers.js'
export type { Option, Options, OptionsOf } from './core/options/option.js'
export {
  type AnyOptions,
  type CipherContext,
  type CipherPart,
  type CipherSettings,
  definePlugin,
  type PacketHookContext,
  type PacketHookPart,
  type PacketHookSettings,
  type Plugin,
  type PluginContext,
  type TransportContext,
  type TransportPart,
  type TunDriverPart,
} from './core/plugin/plugin.js'
export type { TransportSettings } from './core/settings/transport-settings.js'
export type { Clock, Timer } from './core/time/clock.js'
export { type StreamRemote, streamLink } from './transports/streams/stream-link.js'
