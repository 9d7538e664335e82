import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { detachSocket } from '../../native/sockets/detach-socket.js'
import type { AcceptedLink } from '../accepting/door.js'
import { ConnectionRoute } from '../net/connection-route.js'
import type { ConnectionParts } from '../streams/connection-parts.js'
import { NativeStreamLink } from '../streams/native-stream-link.js'
import { StreamLink } from '../streams/stream-link.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { LengthCodec } from './length-codec.js'

/** What a link over TCP is made of. */
export interface TcpLinkParts extends ConnectionParts {
  /** Connected. The link takes it over. */
  readonly socket: Socket
  readonly shared: StreamParts
}

/**
 * Makes a link of a connected socket: on its bare descriptor if that can be had, else on the socket.
 *
 * @throws QanatError ERR_NATIVE if the connection ended meanwhile, or no descriptor is left; it is destroyed then.
 */
export function openTcpLink(parts: TcpLinkParts): AcceptedLink {
  const { shared } = parts
  const { native, clock, sendQueue } = shared
  // What a TLS connection carries is not what its descriptor does.
  if (native === undefined || parts.socket instanceof TLSSocket) {
    const route = native && ConnectionRoute.of(native, parts.socket)
    return new StreamLink({ ...parts, route, stream: parts.socket })
  }
  const taken = detachSocket(native.native.sockets, parts.socket)
  return new NativeStreamLink({ ...parts, taken, shared: native, clock, sendQueue, codec: new LengthCodec() })
}
