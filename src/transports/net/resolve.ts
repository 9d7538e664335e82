import { lookup } from 'node:dns/promises'
import { TransportError } from '../../core/api/errors.js'
import { dialledHost } from '../../core/ip/bare-host.js'
import { type Reason, reason } from '../../core/reasons/reason.js'

/** An address of a host. */
export interface Resolved {
  readonly address: string
  readonly family: 4 | 6
}

/**
 * The addresses of an endpoint's host, in the order in which the system prefers them. A literal needs no
 * look-up; brackets around IPv6 are taken off.
 *
 * @throws TransportError ERR_HOST_UNKNOWN if the name is not known, ERR_NAME_SERVER if nobody answers for it.
 */
export async function resolveHost(endpoint: URL): Promise<Resolved[]> {
  const host = dialledHost(endpoint)
  try {
    const found = await lookup(host, { all: true, order: 'verbatim' })
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
  } catch (thrown) {
    throw isPassing(thrown) ? unanswered(host, thrown) : unknownHost(host, thrown)
  }
}

/** That the look-up of an endpoint's host was not over in its time; `whose` says more of that, after a comma. */
export function notLookedUp(endpoint: URL, whose = ''): Reason {
  return reason('name-late', { host: `${dialledHost(endpoint)}${whose}` })
}

/** That no name server answers for a host, which may change. */
export function unanswered(host: string, cause?: unknown, more = ''): TransportError {
  const { code, text } = reason('name-server-silent')
  return new TransportError(`Cannot resolve ${host}: ${text}${more}`, {
    code: 'ERR_NAME_SERVER',
    reason: code,
    cause,
  })
}

/** That name servers say that a host does not exist, or has no address. */
export function unknownHost(host: string, cause?: unknown, more = ''): TransportError {
  const { code, text } = reason('name-unknown')
  return new TransportError(`Cannot resolve ${host}: ${text}${more}`, {
    code: 'ERR_HOST_UNKNOWN',
    reason: code,
    cause,
  })
}

/** Whether the C library could not find out, as EAI_AGAIN says; that a name does not exist is ENOTFOUND. getaddrinfo(3) */
function isPassing(thrown: unknown): boolean {
  return String((thrown as NodeJS.ErrnoException).code).startsWith('EAI_')
}
