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

/** An answer that waits for data, or that goes on with it. */
export class ResponseAnswering implements Answering {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  write(parts: readonly Uint8Array[]): boolean {
    const response = this.#response
    if (response.destroyed) return false
    if (!response.headersSent) response.writeHead(200, HEADERS)
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
