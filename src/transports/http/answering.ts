import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Answering } from './session/server-session.js'

/** No store, no cache and no buffer on the way is to keep or change an answer. */
const HEADERS: OutgoingHttpHeaders = {
  'Content-Type': 'application/octet-stream',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
}

/** Answers a request whole. */
export function answerWhole(response: ServerResponse, parts: readonly Uint8Array[]): void {
  if (response.headersSent || response.destroyed) return
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  response.writeHead(200, { ...HEADERS, 'Content-Length': length })
  writeAll(response, parts)
  response.end()
}

/**
 * Begins an answer that ends with its connection: HAProxy holds the last packet of a chunked one back for 200 ms, until there is more
 * (its `option http-no-delay`).
 */
function begin(response: ServerResponse): void {
  response.removeHeader('Transfer-Encoding')
  response.writeHead(200, { ...HEADERS, Connection: 'close' })
}

/** An answer that waits for data, or that goes on with it. */
export class ResponseAnswering implements Answering {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  write(parts: readonly Uint8Array[]): boolean {
    const response = this.#response
    if (response.destroyed) return false
    if (!response.headersSent) begin(response)
    writeAll(response, parts)
    return !response.writableNeedDrain
  }

  end(parts: readonly Uint8Array[]): void {
    const response = this.#response
    if (!response.headersSent) {
      answerWhole(response, parts)
      return
    }
    if (!response.destroyed) writeAll(response, parts)
    response.end()
  }
}

/**
 * Not corked, which saves nothing: Node corks the socket by itself. From Node 24 on `uncork` of a chunked answer may emit `drain` before it
 * returns, so that more is written within a write.
 */
function writeAll(response: ServerResponse, parts: readonly Uint8Array[]): void {
  for (const part of parts) response.write(part)
}
