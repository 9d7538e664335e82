import type { Link } from '../../src/core/api/transport.js'

/** A link that leads nowhere, for ciphers that are handed one. */
export function deadLink(remote = 'memory://nowhere'): Link {
  return {
    remote,
    source: new Uint8Array(),
    maxDatagram: 65_535,
    stream: false,
    writable: true,
    drops: {},
    send() {},
    async close() {},
  }
}
