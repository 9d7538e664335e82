import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Link } from '../../core/api/transport.js'
import { detachSocket } from '../../native/sockets/detach-socket.js'
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

/** A link that can be ended without a word. */
export interface TcpCarrier extends Link {
  cut(): void
}

/** Makes a link of a connected socket: on its bare descriptor if that can be had, else on the socket. */
export function openTcpLink(parts: TcpLinkParts): TcpCarrier {
  const { shared } = parts
  const { native, clock, sendQueue } = shared
  // What a TLS connection carries is not what its descriptor does.
  if (native === undefined || parts.socket instanceof TLSSocket)
    return new StreamLink({ ...parts, stream: parts.socket })
  const taken = detachSocket(native.native.sockets, parts.socket)
  return new NativeStreamLink({ ...parts, taken, shared: native, clock, sendQueue, codec: new LengthCodec() })
}
