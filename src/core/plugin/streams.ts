import type { Link, LinkHandlers, Listener } from '../api/transport.js'
import type { Admission } from './admission.js'
import type { PlatformType } from './platform-types.js'

/** What is at the other end of a stream. */
export interface StreamEnd {
  /** As `Link.remote`; a URL is redacted. No two links may have the same, but those that were dialled to one endpoint. */
  readonly remote: URL | string
  /** The bytes of its address, 4 or 16; those of the socket if absent, none if it has none. */
  readonly source?: Uint8Array | undefined
  /** What `admit` returned if the stream was accepted: from then on the link settles it, and nobody else. */
  readonly admitted?: Admission | undefined
}

/**
 * Links over streams of bytes, with a 16-bit length before each datagram, as the built-in `tcp` has them: with backpressure
 * and a bounded queue, on the bare descriptor of a socket if that can be had, and opened anew if the route carries less.
 */
export interface Streams {
  /**
   * Makes a link of a connected stream: `net.Socket`, `tls.TLSSocket` or another Duplex of Node. It is the link's from now on.
   *
   * @throws QanatError ERR_NATIVE if the connection ended meanwhile, or no descriptor is left; it is destroyed then.
   */
  link(stream: PlatformType<'Duplex'>, end: StreamEnd, handlers: LinkHandlers): Promise<Link>
  /**
   * Accepts connections at an endpoint and makes each a link, whose far end is admitted: over TCP at its host and port, or
   * if it has no host over a Unix socket at its path. A socket that nobody listens at any more is replaced.
   *
   * @throws TransportError ERR_TRANSPORT_LISTEN, ERR_HOST_UNKNOWN or ERR_NAME_SERVER.
   */
  listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener>
}
