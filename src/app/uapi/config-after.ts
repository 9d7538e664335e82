import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { peersAfter } from '../../control/uapi/peers-after.js'
import type { SetRequest } from '../../control/uapi/set-request.js'
import { ERRNO, UapiError } from '../../control/uapi/uapi-error.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { routesTo } from '../../core/settings/peer-routes.js'
import { ANY_PORT } from '../../core/settings/ports.js'
import { isUdp, udpPortOf } from '../carriers/udp-ports.js'
import type { DeviceSource } from './device-of.js'
import { endpointAddress } from './endpoint-address.js'

/**
 * What a tunnel's configuration becomes by a request of WireGuard's tools. Routes follow what peers own, as they do
 * with a file.
 *
 * @throws UapiError if it asks for what stays while the tunnel runs.
 */
export function configAfter(request: SetRequest, source: DeviceSource): TunnelConfig {
  const { config, peers: known, traits } = source
  const changesPeers = request.peers.length > 0 || request.replacesPeers
  if (changesPeers && config.peers.some(({ group }) => group !== undefined)) {
    throw new UapiError('peers in groups are changed in the file alone', ERRNO.inUse)
  }
  const listen = listenAfter(request, source)
  const transports = { ...config.transports, mark: markAfter(request, source) }
  const privateKey = request.privateKey === undefined ? config.privateKey : (request.privateKey ?? undefined)
  const peers = peersAfter(request, {
    peers: config.peers,
    ownKey: privateKey === undefined ? undefined : publicKeyOf(privateKey),
    reachedAt: (id) => {
      const peer = known.get(id)
      return peer?.link?.remote.startsWith('udp:') ? endpointAddress(peer, [], traits) : undefined
    },
  })
  const routes = routesTo(peers, config.peerRoutes ?? 'none', config.excluded)
  return { ...config, privateKey, listen, transports, peers, tun: { ...config.tun, routes } }
}

/** Where to listen instead: a free port stands for the one in use if that was free, too. */
function listenAfter({ listenPort }: SetRequest, { config, listen }: DeviceSource): readonly URL[] {
  const wanted = config.listen.find(isUdp)
  const stays = listenPort === ANY_PORT && wanted !== undefined && Number(wanted.port) === ANY_PORT
  if (listenPort === undefined || stays || listenPort === udpPortOf(listen)) return config.listen
  const other = new URL(wanted ?? 'udp://[::]:0')
  other.port = String(listenPort)
  return [other, ...config.listen.filter((endpoint) => !isUdp(endpoint))]
}

/** The mark to bear instead. A full tunnel needs its own, and tools that reset what a file does not name do not mean that. */
function markAfter({ mark: asked }: SetRequest, { config, mark }: DeviceSource): number | undefined {
  const { fullTunnel, killSwitch } = config.host ?? {}
  const isFull = fullTunnel?.ipv4 || fullTunnel?.ipv6 || killSwitch || config.around !== undefined
  if (asked === undefined || asked === mark || (isFull && asked === 0)) return config.transports?.mark
  if (isFull) throw new UapiError('a full tunnel keeps its mark while it runs', ERRNO.inUse)
  return asked
}
