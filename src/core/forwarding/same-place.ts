import type { Link } from '../api/transport.js'

/**
 * Whether two connections come from one host by one scheme, so that one takes the place of the other as planned: another port says
 * little. Of datagrams it says that the peer, or a NAT before it, moved.
 */
export function isSamePlace(before: Link | undefined, after: Link): boolean {
  return (
    before?.stream === true &&
    after.stream &&
    before.source.length > 0 &&
    schemeOf(before) === schemeOf(after) &&
    before.source.length === after.source.length &&
    before.source.every((byte, at) => byte === after.source[at])
  )
}

function schemeOf({ remote }: Link): string {
  return remote.slice(0, remote.indexOf(':'))
}
