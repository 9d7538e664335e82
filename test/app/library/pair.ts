import {
  type Configuration,
  createTunnel,
  type EmbeddedTunnel,
  generatePrivateKey,
  publicKeyOf,
  type TunnelEvents,
  type TunnelOptions,
} from '../../../src/index.js'
import { afterTest } from '../../support/after-test.js'

let names = 0

/** The configurations of a server at 10.0.0.1 and its client. */
export function pair(): { readonly server: Configuration; readonly client: Configuration } {
  const [serverKey, clientKey] = [generatePrivateKey(), generatePrivateKey()]
  const endpoint = `memory://embedded-${names++}`
  return {
    server: {
      interface: { privateKey: serverKey, address: ['10.0.0.1/24'], listen: [endpoint], tunDriver: 'memory' },
      peers: [{ name: 'client', publicKey: publicKeyOf(clientKey), allowedIps: ['10.0.0.2/32'] }],
    },
    client: {
      interface: { privateKey: clientKey, address: ['10.0.0.2/32'], tunDriver: 'memory' },
      peers: [
        {
          name: 'server',
          publicKey: publicKeyOf(serverKey),
          allowedIps: ['10.0.0.0/24'],
          endpoints: [endpoint],
          keepalive: 25,
        },
      ],
    },
  }
}

/** The same for a program's own device. */
export function withoutDriver({
  interface: { tunDriver: _, ...own },
  ...rest
}: Configuration): Configuration {
  return { ...rest, interface: own }
}

/** A tunnel that is closed when the test is over. */
export async function make(config: Configuration, options?: TunnelOptions): Promise<EmbeddedTunnel> {
  const tunnel = await createTunnel(config, options)
  afterTest(() => tunnel.close())
  return tunnel
}

/** What a tunnel tells with the next event of that name. */
export function once<Name extends keyof TunnelEvents>(
  tunnel: EmbeddedTunnel,
  event: Name,
): Promise<TunnelEvents[Name][0]> {
  return new Promise((resolve) => {
    ;(tunnel as NodeJS.EventEmitter).once(event, resolve)
  })
}
