import dgram from 'node:dgram'
import type { LookupOneOptions } from 'node:dns'
import { once } from 'node:events'
import { asError } from '../../core/api/errors.js'
import type { Place } from '../../core/plugin/network.js'
import type { Egress } from '../net/egress.js'
import { listenError } from '../net/listen-error.js'
import { nativeAddress } from '../net/native-address.js'
import { resolveHost } from '../net/resolve.js'
import { hostUrl } from './host-url.js'
import type { OpenThings } from './open-things.js'

/** What a UDP socket is bound with. */
export interface BindUdpParts {
  readonly egress: Egress
  readonly open: OpenThings
  /** Of what it sends; 0 for none. */
  readonly mark: number
}

/** As `Network.bindUdp`. */
export async function bindUdpAt(local: Place, { egress, mark, open }: BindUdpParts): Promise<dgram.Socket> {
  const place = hostUrl(local.host, local.port)
  const [first] = await resolveHost(place)
  const { address, family } = first!
  const socket = dgram.createSocket({
    type: `udp${family}`,
    ipv6Only: family === 6,
    lookup: lookUpBy(egress, family),
  })
  try {
    const listening = once(socket, 'listening')
    if (mark === 0) socket.bind({ address, port: local.port })
    else {
      const [{ native }, { bindMarked }] = await Promise.all([
        import('../../native/base/native.js'),
        import('../../native/sockets/marked-socket.js'),
      ])
      socket.bind({ fd: bindMarked(native(), nativeAddress(first!, local.port), mark) })
    }
    await listening
  } catch (thrown) {
    socket.close()
    throw listenError(place, thrown)
  }
  socket.on('error', () => {}) // if nobody else listens, it must not end the process
  closeOnce(socket)
  open.add(socket, () => socket.close())
  return socket
}

/** Lets a socket be closed again, which Node refuses: whoever opened it cannot know that the tunnel's end closed it. */
function closeOnce(socket: dgram.Socket): void {
  const close = socket.close.bind(socket)
  let isClosed = false
  socket.close = (done) => {
    if (!isClosed) {
      isClosed = true
      return close(done)
    }
    if (done !== undefined) queueMicrotask(done)
    return socket
  }
}

/** Looks names up as all that leaves this host: Node asks for the one that a datagram is to. */
function lookUpBy({ resolve }: Egress, family: 4 | 6) {
  return (
    host: string,
    _options: LookupOneOptions,
    done: (error: Error | null, address: string, family: number) => void,
  ): void => {
    const refuse = (thrown: unknown) => done(asError(thrown), '', family)
    const find = async () => (await resolve(hostUrl(host, 0))).find((one) => one.family === family)
    find().then(
      (found) =>
        found === undefined
          ? refuse(new Error(`${host} has no IPv${family} address`))
          : done(null, found.address, family),
      refuse,
    )
  }
}
