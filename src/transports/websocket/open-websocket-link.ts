import { TLSSocket } from 'node:tls'
import type { Link } from '../../core/transport.js'
import { NativeStreamLink } from '../native-stream-link.js'
import { WebSocketCodec } from './websocket-codec.js'
import { WebSocketLink, type WebSocketLinkParts } from './websocket-link.js'

/** A link that can be ended without a word. */
export interface WebSocketCarrier extends Link {
  cut(): void
}

/**
 * Makes a link of a WebSocket that was just opened: on the bare descriptor of its connection where that can be had
 * and there is no TLS in between, else on the WebSocket.
 */
export function openWebSocketLink(parts: WebSocketLinkParts): WebSocketCarrier {
  const { shared, socket, unproven } = parts
  const { native, clock, sendQueue } = shared
  if (native === undefined || socket instanceof TLSSocket) return new WebSocketLink(parts)
  const codec = new WebSocketCodec(unproven === undefined)
  return new NativeStreamLink({ ...parts, shared: native, clock, sendQueue, codec })
}
