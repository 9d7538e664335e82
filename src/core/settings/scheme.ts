/** The protocol of the URLs of a scheme, as WHATWG's URL has it: with a colon behind. */
export function protocolOf(scheme: string): string {
  return `${scheme}:`
}

/** The scheme of a protocol. */
export function schemeOf(protocol: string): string {
  return protocol.slice(0, -1)
}
