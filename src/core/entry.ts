/**
 * `qanat/plugin`: the types of a plugin and its parts, and the functions that they are written with. It needs neither Node nor
 * tsyringe.
 *
 * @module
 */

export type { Aead, AeadAlgorithm, AeadFunctions, AeadLengths } from './api/aead.js'
export type {
  Cipher,
  CipherPeer,
  CipherTraits,
  Due,
  Handshake,
  Opened,
  OpenResult,
  PeerId,
  PeerManager,
  Sessions,
  SettingsPush,
  Trials,
  Trouble,
} from './api/cipher.js'
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
} from './api/errors.js'
export type { Fields, Logger } from './api/logger.js'
export { HEADROOM, MAX_PACKET, type Packet, packetOf, TAILROOM } from './api/packet.js'
export type { HookOperation, HookPeer, HookResult, HookSees, PacketHook } from './api/packet-hook.js'
export { redact } from './api/redact.js'
export { type StatelessCipher, statelessCipher } from './api/stateless-cipher.js'
export type {
  CarrierTraits,
  DialStep,
  DialWait,
  Link,
  LinkHandlers,
  Listener,
  Transport,
  TransportTraits,
} from './api/transport.js'
export type {
  DeviceChange,
  DeviceShare,
  TunAddress,
  TunDevice,
  TunDriver,
  TunHandlers,
  TunOptions,
} from './api/tun-device.js'
export type { Figure, FigureLabels, Figures, FiguresHelper, GaugeNames } from './figures/figure.js'
export { editPacket, writeChecksums } from './hooks/edit-packet.js'
export type { Container, Provider, Token } from './injection/container.js'
export {
  ADMIT,
  CIPHER,
  CLOCK,
  LOGGER,
  NETWORK,
  OPTIONS,
  STORAGE,
  TRANSPORT,
  TUN_DRIVER,
} from './injection/tokens.js'
export { type IpPrefix, parseIpPrefix } from './ip/ip-prefix.js'
export { PacketHeaders } from './ip/packet-headers.js'
export { sourceBytes } from './ip/source-address.js'
export type {
  ChoiceOption,
  Described as DescribedOption,
  ListOption,
  NumberOption,
  Option,
  OptionPlace,
  Options,
  OptionsOf,
  SecretOption,
  TextOption,
  ToggleOption,
  Value as OptionValue,
} from './options/option.js'
export type { Admission, Admit } from './plugin/admission.js'
export type { ErrorsHelper } from './plugin/errors-helper.js'
export type { Agents, HostAddress, LocalPlace, Network, NetworkWait, Place, Relay } from './plugin/network.js'
export type { PlatformType, PlatformTypes } from './plugin/platform-types.js'
export {
  type AnyOptions,
  type CipherContext,
  type CipherPart,
  type CipherSettings,
  definePlugin,
  type PacketHookContext,
  type PacketHookPart,
  type PacketHookSettings,
  type Part,
  type Plugin,
  type PluginContext,
  type Rehearsable,
  type TransportContext,
  type TransportPart,
  type TunDriverPart,
} from './plugin/plugin.js'
export type { Child, SpawnOptions } from './plugin/spawn.js'
export { MAX_STORED, type PluginStorage } from './plugin/storage.js'
export type { StreamEnd, Streams } from './plugin/streams.js'
export type { Reason, ToldReason } from './reasons/reason.js'
export type { ClientSettings } from './settings/client-settings.js'
export type {
  OptionGroups,
  StreamSettings,
  TlsPair,
  TlsSettings,
  WebSocketSettings,
} from './settings/option-groups.js'
export type { ProxySettings, TransportSettings } from './settings/transport-settings.js'
export { abortedWith, type FollowedSignals } from './time/aborted-with.js'
export type { Clock, Timer } from './time/clock.js'
