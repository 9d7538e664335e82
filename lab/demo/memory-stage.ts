import { createContainer } from '../../src/app/container.js'
import { choosePlugin } from '../../src/app/plugins/plugins.js'
import { Tunnel } from '../../src/app/tunnel/tunnel.js'
import { MTU, SOLE_PEER, type TunnelConfig } from '../../src/core/api/config.js'
import { type Logger, silentLogger } from '../../src/core/api/logger.js'
import { EVERYTHING } from '../../src/core/ip/ip-prefix.js'
import type { MemoryTunDevice, MemoryTunDriver } from '../../src/tun/memory.js'
import { within } from '../deadline.js'
import { type EndKeys, freshKeys } from '../end-keys.js'
import { type Combination, IN_PROCESS } from './combinations.js'
import type { Measurement } from './measurement.js'
import { measureInMemory } from './memory-hosts.js'
import type { Stage } from './stage.js'

const DRIVER = 'memory'

/** Both ends in this process, with TUN devices in memory; it needs nothing of the system but the loopback. */
export class MemoryStage implements Stage {
  readonly hosts = 'one process'

  async run({ cipher, scheme }: Combination, limit: number): Promise<Measurement> {
    const keys = freshKeys(cipher)
    const far = await startEnd('far', cipher, keys.far, listenAt(scheme, 'far'), [])
    try {
      const near = await startEnd('near', cipher, keys.near, listenAt(scheme, 'near'), [far.endpoint])
      try {
        const measured = measureInMemory(near.device, far.device)
        return await within(measured, 'a tunnel that carries packets', limit)
      } finally {
        await near.tunnel.close()
      }
    } finally {
      await far.tunnel.close()
    }
  }

  close(): void {}
}

/** Any free port. The near end has one, too, so that its datagrams need no certain one. */
function listenAt(scheme: string, name: string): URL {
  return new URL(scheme === IN_PROCESS ? `${scheme}://${name}` : `${scheme}://127.0.0.1:0`)
}

interface End {
  readonly tunnel: Tunnel
  readonly device: MemoryTunDevice
  /** Where it listens. */
  readonly endpoint: URL
}

async function startEnd(
  name: string,
  cipher: string,
  keys: EndKeys,
  listen: URL,
  endpoints: readonly URL[],
): Promise<End> {
  let endpoint = listen
  const log: Logger = {
    ...silentLogger,
    info(message, fields) {
      if (message === 'listening') endpoint = new URL(String(fields?.endpoint))
    },
  }
  const container = await createContainer(log, [])
  const config: TunnelConfig = {
    cipher,
    ...('shared' in keys ? { key: keys.shared } : { privateKey: keys.privateKey }),
    peers: [{ id: 'shared' in keys ? SOLE_PEER : keys.peerKey, allowed: EVERYTHING, endpoints }],
    listen: [listen],
    tunDriver: DRIVER,
    tun: { name, mtu: MTU.default, addresses: [], routes: [] },
    plugins: [],
  }
  const tunnel = await Tunnel.start(container, config, new AbortController().signal)
  const driver = (await choosePlugin(container, 'TUN driver', DRIVER).make(
    {},
    new AbortController().signal,
  )) as MemoryTunDriver
  return { tunnel, device: driver.devices.get(name)!, endpoint }
}
