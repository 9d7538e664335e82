export type { Kind as PartKind } from '../app/plugins/part-kinds.js'
export { type AeadCase, type AeadVector, aeadCases } from './cipher/aead-cases.js'
export { type CipherEnds, cipherCases, type TestedCipher } from './cipher/cipher-cases.js'
export type { CipherEnd } from './cipher/cipher-lab.js'
export type { CipherHub, HubSpoke } from './cipher/hub-lab.js'
export { hookCases, type TestedHook } from './hooks/hook-cases.js'
export type { HookSetup } from './hooks/hook-lab.js'
export type { Case } from './kit/case.js'
export { pluginContainer, pluginContext } from './kit/plugin-container.js'
export { VirtualClock } from './kit/virtual-clock.js'
export type {
  CipherGround,
  CipherKit,
  EndContext,
  HubGround,
  Kit,
  PacketHookGround,
  PacketHookKit,
  TransportGround,
  TransportKit,
  TunDriverGround,
  TunDriverKit,
} from './plugin/kit.js'
export { kitCases, type PluginCase } from './plugin/kit-cases.js'
export type { RawWire } from './transport/raw-wire.js'
export { type TestedTransport, transportCases } from './transport/transport-cases.js'
export type { TransportSetup } from './transport/transport-lab.js'
export { type TestedTunDriver, tunCases } from './tun/tun-cases.js'
export type { TunHost } from './tun/tun-host.js'
export type { TunSetup } from './tun/tun-lab.js'
export { type TunPlace, type TunPort, udpPacket, udpPayload } from './tun/tun-place.js'
