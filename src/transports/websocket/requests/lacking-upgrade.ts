import type { IncomingMessage } from 'node:http'

/** What a front end that drops these headers, as it does by default, has to be told. */
export const LACKING =
  'a client asked for a WebSocket, and the request came without what asks for it: the front end has to pass it on ' +
  '(nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade")'

/**
 * What a request lacks that was to open a WebSocket, since it has the key for one; undefined if it was not, or lacks nothing.
 * RFC 6455 section 4.1
 */
export function lacksOf({
  method,
  headers,
  httpVersionMajor: major,
  httpVersionMinor: minor,
}: IncomingMessage): string | undefined {
  if (method !== 'GET' || headers['sec-websocket-key'] === undefined) return undefined
  const lacks = [
    ...(major === 1 && minor === 0 ? ['HTTP/1.1'] : []),
    ...(hasWord(headers.upgrade, 'websocket') ? [] : ['Upgrade: websocket']),
    ...(hasWord(headers.connection, 'upgrade') ? [] : ['Connection: Upgrade']),
  ]
  return lacks.length === 0 ? undefined : lacks.join(', ')
}

function hasWord(value: string | undefined, word: string): boolean {
  return value?.split(',').some((item) => item.trim().toLowerCase() === word) ?? false
}
