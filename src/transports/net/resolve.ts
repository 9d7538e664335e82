import { lookup } from 'node:dns/promises'
import { TransportError } from '../../core/api/errors.js'
import { dialledHost } from '../../core/ip/bare-host.js'

/** An address of a host. */
export interface Resolved {
  readonly address: string
  readonly family: 4 | 6
}

/**
 * The addresses of an endpoint's host, in the order in which the system prefers them. A literal needs no
 * look-up; brackets around IPv6 are taken off.
 *
 * @throws TransportError ERR_HOST_UNKNOWN if the name is not known.
 */
export async function resolveHost(endpoint: URL): Promise<Resolved[]> {
  const host = dialledHost(endpoint)
  try {
    const found = await lookup(host, { all: true, order: 'verbatim' })
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
  } catch (thrown) {
    const why =
      (thrown as NodeJS.ErrnoException).code === 'EAI_AGAIN' ? 'no name server answers' : 'no such host'
    throw new TransportError(`Cannot resolve ${host}: ${why}`, { code: 'ERR_HOST_UNKNOWN', cause: thrown })
  }
}
