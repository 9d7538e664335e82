import { networkOf } from '../../core/ip/ip-network.js'
import type { UapiDevice, UapiPeer } from './device.js'
import { toHexKey } from './hex-key.js'

/** What is answered to `get=1`, without its end. https://www.wireguard.com/xplatform/ */
export function writeDevice({ listenPort = 0, mark, peers, privateKey }: UapiDevice): string {
  const own = [
    ...(privateKey === undefined ? [] : [`private_key=${toHexKey(privateKey)}`]),
    ...(listenPort === 0 ? [] : [`listen_port=${listenPort}`]),
    ...(mark === 0 ? [] : [`fwmark=${mark}`]),
  ]
  return [...own, ...peers.flatMap(linesOf)].map((line) => `${line}\n`).join('')
}

function linesOf(peer: UapiPeer): string[] {
  const { allowed, endpoint, keepalive, lastHandshake = 0, presharedKey, publicKey, received, sent } = peer
  const seconds = Math.floor(lastHandshake / 1000)
  return [
    `public_key=${toHexKey(publicKey)}`,
    `preshared_key=${toHexKey(presharedKey)}`,
    'protocol_version=1',
    ...(endpoint === undefined ? [] : [`endpoint=${endpoint}`]),
    `last_handshake_time_sec=${seconds}`,
    `last_handshake_time_nsec=${Math.floor((lastHandshake - seconds * 1000) * 1e6)}`,
    `tx_bytes=${sent}`,
    `rx_bytes=${received}`,
    `persistent_keepalive_interval=${keepalive}`,
    ...allowed.map((range) => `allowed_ip=${networkOf(range).text}`),
  ]
}
