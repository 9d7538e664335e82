import { TLSSocket } from 'node:tls'
import type { Link } from '../../core/transport.js'
import { takeSocket } from '../../native/take-socket.js'
import { NativeStreamLink } from '../native-stream-link.js'
import { isTakeable, takeTls } from '../tls/take-tls.js'
import { WebSocketCodec } from './websocket-codec.js'
import { WebSocketLink, type WebSocketLinkParts } from './websocket-link.js'

/** A link that can be ended without a word. */
export interface WebSocketCarrier extends Link {
  cut(): void
}

/**
 * Makes a link of a WebSocket that was just opened: on the bare descriptor of its connection where that can be had,
 * else on the WebSocket.
 *
 * @throws QanatError ERR_NATIVE where the connection ended meanwhile.
 */
export async function openWebSocketLink(parts: WebSocketLinkParts): Promise<WebSocketCarrier> {
  const { shared, socket, unproven } = parts
  const { native, clock, sendQueue } = shared
  if (native === undefined) return new WebSocketLink(parts)
  const common = {
    ...parts,
    shared: native,
    clock,
    sendQueue,
    codec: new WebSocketCodec(unproven === undefined),
  }
  if (!(socket instanceof TLSSocket)) {
    return new NativeStreamLink({ ...common, taken: takeSocket(native.native.sockets, socket) })
  }
  const taken = isTakeable(socket) ? await takeTls(native, socket) : undefined
  if (taken === undefined) return new WebSocketLink(parts)
  return new NativeStreamLink({ ...common, taken, tls: taken.records })
}
