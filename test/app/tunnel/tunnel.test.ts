import { randomBytes } from 'node:crypto'
import type { DependencyContainer } from 'tsyringe'
import { describe, expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { choosePlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { ipPacket } from '../../../src/conformance/kit/packets.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import type { MemoryTunDevice, MemoryTunDriver } from '../../../src/tun/memory.js'
import { eventually } from '../../support/eventually.js'

const KEYS = {
  xor: '1234ABCD',
  'aes-256-gcm': randomBytes(32).toString('base64'),
  'chacha20-poly1305': randomBytes(32).toString('base64'),
}

describe.each(Object.entries(KEYS))('two tunnels of one process, sealed by %s', (cipher, key) => {
  it('carry packets both ways, and leave nothing behind', async () => {
    const name = `waits-${cipher}`
    const near = await start({ cipher, key, endpoints: [new URL(`memory://${name}`)], listen: [] })
    const far = await start({ cipher, key, endpoints: [], listen: [new URL(`memory://${name}`)] })
    await exchange(near.device, far.device, ipPacket(100, 2))
    await exchange(far.device, near.device, ipPacket(1420, 4))
    await near.tunnel.close()
    await far.tunnel.close()
    expect(devicesOf(near.container).size).toBe(0)
  })
})

interface Ends {
  readonly cipher: string
  readonly key: string
  readonly endpoints: readonly URL[]
  readonly listen: readonly URL[]
}

async function start({ cipher, key, endpoints, listen }: Ends) {
  const container = await createContainer(silentLogger, [])
  const config: TunnelConfig = {
    cipher,
    key,
    peers: [{ id: 'peer', allowed: EVERYTHING, endpoints }],
    listen,
    tunDriver: 'memory',
    tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
    plugins: [],
  }
  const tunnel = await Tunnel.start(container, config, new AbortController().signal)
  return { container, tunnel, device: devicesOf(container).get(tunnel.device)! }
}

function devicesOf(container: DependencyContainer): Map<string, MemoryTunDevice> {
  const driver = choosePlugin(container, 'TUN driver', 'memory').make({}, new AbortController().signal)
  return (driver as MemoryTunDriver).devices
}

/** Lets a packet leave one host and waits for it at the other. */
async function exchange(from: MemoryTunDevice, to: MemoryTunDevice, packet: Uint8Array): Promise<void> {
  from.inject(packet)
  await eventually('the packet arrives', () => to.written, [packet])
}
