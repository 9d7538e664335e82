import { TLSSocket } from 'node:tls'
import type { Link } from '../../core/api/transport.js'
import { detachSocket } from '../../native/sockets/detach-socket.js'
import { NativeStreamLink } from '../streams/native-stream-link.js'
import { canHandOff, handOffTls } from '../tls/tls-handoff.js'
import { WebSocketCodec } from './websocket-codec.js'
import { WebSocketLink, type WebSocketLinkParts } from './websocket-link.js'

/** A link that can be ended without a word. */
export interface WebSocketCarrier extends Link {
  cut(): void
}

/**
 * Makes a link of a WebSocket that was just opened: on the bare descriptor of its connection if that can be had,
 * else on the WebSocket.
 *
 * @throws QanatError ERR_NATIVE if the connection ended meanwhile.
 */
export async function openWebSocketLink(parts: WebSocketLinkParts): Promise<WebSocketCarrier> {
  const { shared, socket, webSocket: _given, ...connection } = parts
  const { native, clock, sendQueue } = shared
  if (native === undefined) return new WebSocketLink(parts)
  // Neither the WebSocket nor its socket is kept: both are done with.
  const codec = new WebSocketCodec(parts.unauthenticated === undefined)
  const common = { ...connection, shared: native, clock, sendQueue, codec }
  if (!(socket instanceof TLSSocket)) {
    return new NativeStreamLink({ ...common, taken: detachSocket(native.native.sockets, socket) })
  }
  const taken = canHandOff(socket)
    ? await handOffTls({ memory: native.tls, inputAt: native.inputAt }, socket)
    : undefined
  if (taken === undefined) return new WebSocketLink(parts)
  return new NativeStreamLink({ ...common, taken, tls: taken.records })
}
