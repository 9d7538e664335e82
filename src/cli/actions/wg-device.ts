import { createContainer } from '../../app/container.js'
import { PRIVATE_KEY_CIPHER } from '../../config/schema/default-cipher.js'
import { MTU, type TunnelConfig } from '../../core/api/config.js'
import { HostError } from '../../core/api/errors.js'
import { ANY_PORT } from '../../core/settings/ports.js'
import { createLogger } from '../output/log.js'
import { runTunnel } from '../run/run.js'

/** A WireGuard device with no key and no peers yet: wg(8) brings them, and others its addresses and routes. */
function bareDevice(name: string): TunnelConfig {
  return {
    cipher: PRIVATE_KEY_CIPHER,
    peers: [],
    peerRoutes: 'none',
    listen: [new URL(`udp://[::]:${ANY_PORT}`)],
    tun: { name, mtu: MTU.default, addresses: [], routes: [] },
    mtuByOthers: true,
    plugins: [],
  }
}

/**
 * Runs a WireGuard device that is configured by WireGuard's tools alone, until it is removed or a signal stops it. Returns
 * the exit code.
 *
 * @param ready is called once the tools can ask it.
 * @throws QanatError if it cannot start.
 */
export async function wgDevice(name: string, level: string, ready: () => void): Promise<number> {
  const log = createLogger({ level })
  return runTunnel(bareDevice(name), {
    container: await createContainer(log, []),
    log,
    control: async (tunnel) => {
      if (tunnel.toolsSocket === undefined) {
        throw new HostError(`Cannot start ${name}: WireGuard's tools could not reach it`, {
          code: 'ERR_CONTROL',
        })
      }
      ready()
      return { hangup: () => {}, close: async () => {} }
    },
  })
}
