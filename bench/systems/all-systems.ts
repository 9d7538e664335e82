import { bare } from './bare.js'
import { boringTun } from './boringtun.js'
import { fastd } from './fastd.js'
import { nebula } from './nebula.js'
import { openVpn } from './openvpn.js'
import { pythonXor } from './python-xor.js'
import { qanat } from './qanat.js'
import { singBox } from './sing-box.js'
import type { System } from './system.js'
import { tinc } from './tinc.js'
import { qanatToWireGuardGo, wireGuardGo } from './wireguard-go.js'
import { wireGuardOver } from './wireguard-over.js'
import { wsVpn } from './wsvpn.js'

/** The system that ratios are taken against unless another is named. */
export const REFERENCE = wireGuardGo.name

const AES = 'aes-256-gcm'
const CHACHA = 'chacha20-poly1305'

/** All that can be measured, in the order of the tables. */
export const allSystems: readonly System[] = [
  bare,
  qanat('qanat-tcp', { scheme: 'tcp', cipher: AES }, true),
  qanat('qanat-ws', { scheme: 'ws', cipher: AES }, true),
  qanat('qanat-wss', { scheme: 'wss', cipher: AES }, true),
  qanat('qanat-udp', { scheme: 'udp', cipher: AES }, true),
  qanat('qanat-udp-chacha20', { scheme: 'udp', cipher: CHACHA }),
  qanat('qanat-udp-wireguard', { scheme: 'udp', cipher: 'wireguard' }, true),
  qanat('qanat-tcp-wireguard', { scheme: 'tcp', cipher: 'wireguard' }),
  qanat('qanat-udp-xor', { scheme: 'udp', cipher: 'xor' }),
  qanat('qanat-tcp-portable', { scheme: 'tcp', cipher: AES, portable: true }),
  qanat('qanat-ws-portable', { scheme: 'ws', cipher: AES, portable: true }),
  qanat('qanat-udp-portable', { scheme: 'udp', cipher: AES, portable: true }),
  qanatToWireGuardGo,
  wireGuardGo,
  boringTun,
  ...wireGuardOver,
  wsVpn('ws'),
  wsVpn('wss'),
  singBox('shadowsocks'),
  singBox('vless-wss'),
  openVpn('openvpn', 'udp'),
  openVpn('openvpn-tcp', 'tcp'),
  fastd,
  nebula,
  tinc,
  pythonXor,
]
