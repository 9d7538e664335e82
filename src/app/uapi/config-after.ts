import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { peersAfter } from '../../control/uapi/peers-after.js'
import type { SetRequest } from '../../control/uapi/set-request.js'
import { ERRNO, UapiError } from '../../control/uapi/uapi-error.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { routesTo } from '../../core/settings/peer-routes.js'
import { ANY_PORT } from '../../core/settings/ports.js'
import { type DeviceSource, udpPortOf } from './device-of.js'
import { endpointAddress } from './endpoint-address.js'

/**
 * What a tunnel's configuration becomes by a request of WireGuard's tools. Routes follow what peers own, as they do
 * with a file.
 *
 * @throws UapiError if it asks for what stays while the tunnel runs.
 */
export function configAfter(request: SetRequest, source: DeviceSource): TunnelConfig {
  const { config, peers: known } = source
  checkPort(request, source)
  checkMark(request, source)
  const privateKey = request.privateKey === undefined ? config.privateKey : (request.privateKey ?? undefined)
  const peers = peersAfter(request, {
    peers: config.peers,
    ownKey: privateKey === undefined ? undefined : publicKeyOf(privateKey),
    reachedAt: (id) => {
      const peer = known.get(id)
      return peer?.link?.remote.startsWith('udp:') ? endpointAddress(peer, []) : undefined
    },
  })
  const routes = routesTo(peers, config.peerRoutes ?? 'none')
  return { ...config, privateKey, peers, tun: { ...config.tun, routes } }
}

/** A free port stands for the one in use if that was free, too. */
function checkPort({ listenPort }: SetRequest, { config, listen }: DeviceSource): void {
  const wanted = config.listen.find(({ protocol }) => protocol === 'udp:')
  const stays = listenPort === ANY_PORT && (wanted === undefined || Number(wanted.port) === ANY_PORT)
  if (listenPort === undefined || stays || listenPort === udpPortOf(listen)) return
  throw new UapiError('the port cannot change while the tunnel runs; restart it', ERRNO.addressInUse)
}

/** A full tunnel needs its mark, and tools that reset what a file does not name do not mean that. */
function checkMark({ mark: asked }: SetRequest, { config, mark }: DeviceSource): void {
  const { fullTunnel } = config.host ?? {}
  const stays = asked === 0 && (fullTunnel?.ipv4 || fullTunnel?.ipv6)
  if (asked === undefined || stays || asked === mark) return
  throw new UapiError('the mark cannot change while the tunnel runs; restart it', ERRNO.addressInUse)
}
