import { expect, it } from 'vitest'
import { writeDevice } from '../../../src/control/uapi/write-device.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'

const base64 = (byte: number) => Buffer.alloc(32, byte).toString('base64')

it('writes a device and its peers as wireguard-go does', () => {
  const text = writeDevice({
    privateKey: base64(1),
    listenPort: 51820,
    mark: 51820,
    peers: [
      {
        publicKey: base64(2),
        presharedKey: base64(3),
        endpoint: '[2001:db8::1]:7',
        lastHandshake: 1_700_000_000_250,
        sent: 12,
        received: 34,
        keepalive: 25,
        allowed: ['10.0.0.7/24', '::/0'].map((range) => parseIpPrefix(range)!),
      },
      { publicKey: base64(4), sent: 0, received: 0, keepalive: 0, allowed: [] },
    ],
  })
  expect(text.split('\n')).toEqual([
    `private_key=${'01'.repeat(32)}`,
    'listen_port=51820',
    'fwmark=51820',
    `public_key=${'02'.repeat(32)}`,
    `preshared_key=${'03'.repeat(32)}`,
    'protocol_version=1',
    'endpoint=[2001:db8::1]:7',
    'last_handshake_time_sec=1700000000',
    'last_handshake_time_nsec=250000000',
    'tx_bytes=12',
    'rx_bytes=34',
    'persistent_keepalive_interval=25',
    'allowed_ip=10.0.0.0/24',
    'allowed_ip=::/0',
    `public_key=${'04'.repeat(32)}`,
    `preshared_key=${'00'.repeat(32)}`,
    'protocol_version=1',
    'last_handshake_time_sec=0',
    'last_handshake_time_nsec=0',
    'tx_bytes=0',
    'rx_bytes=0',
    'persistent_keepalive_interval=0',
    '',
  ])
})

it('leaves out what there is not', () => {
  expect(writeDevice({ mark: 0, peers: [] })).toBe('')
})
