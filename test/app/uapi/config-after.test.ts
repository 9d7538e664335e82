import { describe, expect, it } from 'vitest'
import { configAfter } from '../../../src/app/uapi/config-after.js'
import type { DeviceSource } from '../../../src/app/uapi/device-of.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { SetRequest } from '../../../src/control/uapi/set-request.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { Peers } from '../../../src/core/peers/peers.js'
import { NO_HOOKS } from '../../../src/core/settings/host-settings.js'

const NOTHING: SetRequest = { replacesPeers: false, peers: [] }
const HOST = {
  fullTunnel: { ipv4: true, ipv6: false },
  underlayRoutes: true,
  killSwitch: false,
  dns: { servers: [], search: [] },
  hooks: NO_HOOKS,
  forward: false,
  nat: false,
}

function after(
  request: Partial<SetRequest>,
  { mark = 0, port = 51820, ...config }: Partial<TunnelConfig> & { mark?: number; port?: number } = {},
): TunnelConfig {
  const tun = { name: undefined, mtu: 1420, addresses: [], routes: [] }
  const before: TunnelConfig = {
    ...{ cipher: 'wireguard', peers: [], listen: [new URL(`udp://[::]:${port}`)], tun, plugins: [] },
    ...config,
  }
  const source = {
    traits: () => ({}),
    config: before,
    listen: [new URL('udp://[::]:51820')],
    mark,
    peers: new Peers(),
  }
  return configAfter({ ...NOTHING, ...request }, source as unknown as DeviceSource)
}

const portsOf = ({ listen }: TunnelConfig) => listen.map(String)

const PAIRS = [generatePrivateKey(), generatePrivateKey()].map(publicKeyOf)

describe('configAfter', () => {
  it('changes no peers where there are groups, but all else', () => {
    const peers = PAIRS.map((id) => ({
      id,
      allowed: [],
      endpoints: [],
      group: { name: 'a', choose: 'order' as const },
    }))
    expect(after({ listenPort: 7 }, { peers }).peers).toEqual(peers)
    const refused = { message: 'peers in groups are changed in the file alone', errno: -16 }
    expect(() => after({ replacesPeers: true }, { peers })).toThrow(expect.objectContaining(refused))
    const [publicKey] = PAIRS
    const peer = { publicKey: publicKey!, ranges: [], removes: true, onlyUpdates: false }
    expect(() => after({ peers: [peer] }, { peers })).toThrow(expect.objectContaining(refused))
  })

  it('listens at another UDP port, and at all others still', () => {
    const listen = ['udp://[::]:51820', 'tcp://[::]:443'].map((text) => new URL(text))
    expect(portsOf(after({ listenPort: 7 }, { listen }))).toEqual(['udp://[::]:7', 'tcp://[::]:443'])
    expect(portsOf(after({ listenPort: 7 }, { listen: [] }))).toEqual(['udp://[::]:7'])
    expect(portsOf(after({ listenPort: 51820 }))).toEqual(['udp://[::]:51820'])
  })

  it('keeps a free port where one is asked for, and takes one in the place of another', () => {
    expect(portsOf(after({ listenPort: 0 }, { port: 0 }))).toEqual(['udp://[::]:0'])
    expect(portsOf(after({ listenPort: 0 }))).toEqual(['udp://[::]:0'])
    expect(portsOf(after({ listenPort: 51820 }, { port: 0 }))).toEqual(['udp://[::]:0'])
  })

  it('bears another mark, but in a full tunnel, which only keeps its own', () => {
    expect(after({ mark: 7 }).transports?.mark).toBe(7)
    expect(after({ mark: 0 }, { mark: 7 }).transports?.mark).toBe(0)
    expect(after({ mark: 7 }, { mark: 7 }).transports?.mark).toBeUndefined()
    expect(after({ mark: 0 }, { mark: 7, host: HOST }).transports?.mark).toBeUndefined()
    expect(() => after({ mark: 8 }, { mark: 7, host: HOST })).toThrow(expect.objectContaining({ errno: -16 }))
  })

  it('has no peer with its own new key, and routes to what the others own', () => {
    const privateKey = generatePrivateKey()
    const peers = [publicKeyOf(privateKey), publicKeyOf(generatePrivateKey())].map((publicKey, index) => {
      const range = { address: Uint8Array.of(10, index, 0, 1), bits: 24, text: `10.${index}.0.1/24` }
      const ranges = [{ adds: true, range }]
      return { publicKey, removes: false, onlyUpdates: false, ranges }
    })
    const config = after({ privateKey, peers }, { peerRoutes: 'but-default' })
    expect(config.peers.map(({ id }) => id)).toEqual([peers[1]!.publicKey])
    expect(config.tun.routes.map(({ text }) => text)).toEqual(['10.1.0.0/24'])
    expect(after({ privateKey, peers }, { peerRoutes: 'none' }).tun.routes).toEqual([])
    expect(after({ privateKey: null }, { privateKey }).privateKey).toBeUndefined()
  })
})
