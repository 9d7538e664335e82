import { TLSSocket } from 'node:tls'
import type { Link } from '../../core/transport.js'
import { NativeStreamLink } from '../native-stream-link.js'
import { LengthCodec } from './length-codec.js'
import { TcpLink, type TcpLinkParts } from './tcp-link.js'

/** A link that can be ended without a word. */
export interface TcpCarrier extends Link {
  cut(): void
}

/** Makes a link of a connected socket: on its bare descriptor where that can be had, else on the socket. */
export function openTcpLink(parts: TcpLinkParts): TcpCarrier {
  const { shared } = parts
  const { native, clock, sendQueue } = shared
  // What a TLS connection carries is not what its descriptor does.
  if (native === undefined || parts.socket instanceof TLSSocket) return new TcpLink(parts)
  return new NativeStreamLink({ ...parts, shared: native, clock, sendQueue, codec: new LengthCodec() })
}
