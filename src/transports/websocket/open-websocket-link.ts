import { TLSSocket } from 'node:tls'
import { detachSocket } from '../../native/sockets/detach-socket.js'
import type { AcceptedLink } from '../accepting/door.js'
import { ConnectionRoute } from '../net/connection-route.js'
import { NativeStreamLink } from '../streams/native-stream-link.js'
import { carrierOf } from '../tls/handoff/taps.js'
import { canHandOff, handOffTls } from '../tls/handoff/tls-handoff.js'
import { WebSocketCodec } from './websocket-codec.js'
import { WebSocketLink, type WebSocketLinkParts } from './websocket-link.js'

/**
 * Makes a link of a WebSocket that was just opened: on the bare descriptor of its connection if that can be had,
 * else on the WebSocket.
 *
 * @throws QanatError ERR_NATIVE if the connection ended meanwhile, or no descriptor is left; it is destroyed then.
 */
export async function openWebSocketLink(parts: WebSocketLinkParts): Promise<AcceptedLink> {
  const { shared, socket, webSocket: _given, ...connection } = parts
  const { native, clock, sendQueue } = shared
  if (native === undefined) return new WebSocketLink(parts)
  // Neither the WebSocket nor its socket is kept: both are done with.
  const codec = new WebSocketCodec(parts.unauthenticated === undefined, clock)
  codec.refused = () => parts.watch?.refused()
  codec.dialled = parts.dialled
  const common = { ...connection, shared: native, clock, sendQueue, codec }
  if (!(socket instanceof TLSSocket)) {
    return new NativeStreamLink({ ...common, taken: detachSocket(native.native.sockets, socket) })
  }
  const taken = canHandOff(socket)
    ? await handOffTls({ memory: native.tls, inputAt: native.inputAt, clock }, socket)
    : undefined
  if (taken === undefined) {
    return new WebSocketLink({ ...parts, route: ConnectionRoute.of(native, carrierOf(socket)) })
  }
  return new NativeStreamLink({ ...common, taken, tls: taken.records })
}
