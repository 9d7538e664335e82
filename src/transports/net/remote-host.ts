/** `host:port` of a socket's remote, for URLs. */
export function remoteHost(address: string | undefined, port: number | undefined): string {
  const host = address?.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*/, '') ?? 'unknown'
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? 0}`
}
