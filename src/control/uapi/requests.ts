import { Lines } from '../lines.js'
import { SetReader, type SetRequest } from './set-request.js'
import { UapiError } from './uapi-error.js'

/** Bytes of a line with its end: a key in hexadecimal and its name have 82. */
export const MAX_LINE = 1_024
/** Bytes of a request: 10,000 peers with 16 ranges each take 8 MB. */
export const MAX_REQUEST = 32 * 1024 * 1024

/** A whole request: a question, a change, or one that is refused, whatever else it asks for. */
export type Request = 'get' | { readonly set: SetRequest } | { readonly refused: UapiError }

/** Cuts a stream into requests of a bounded size. https://www.wireguard.com/xplatform/ */
export class Requests {
  readonly #lines = new Lines(MAX_LINE)
  readonly #limit: number
  /** Reads the request that has begun; undefined between requests. */
  #line: ((text: string) => void) | undefined
  /** The request that has begun, once it is whole. */
  #whole: (() => Request) | undefined
  #bytes = 0

  /** @param limit bytes of a request. */
  constructor(limit = MAX_REQUEST) {
    this.#limit = limit
  }

  /** The requests that are whole now; undefined once it is not the protocol, or too much. */
  take(chunk: Buffer): Request[] | undefined {
    const lines = this.#lines.take(chunk)
    if (lines === undefined) return undefined
    const requests: Request[] = []
    for (const line of lines) {
      this.#bytes += line.length + 1
      if (this.#bytes > this.#limit) return undefined
      if (this.#line === undefined) {
        if (!this.#begin(line)) return undefined
      } else if (line === '') {
        requests.push(this.#whole!())
        this.#line = undefined
        this.#bytes = 0
      } else this.#line(line)
    }
    return requests
  }

  /** Whether a line begins a request. */
  #begin(line: string): boolean {
    let refused: UapiError | undefined
    if (line === 'get=1') {
      this.#line = () => {
        refused ??= new UapiError('lines follow a get')
      }
      this.#whole = () => (refused === undefined ? 'get' : { refused })
      return true
    }
    if (line !== 'set=1') return false
    const reader = new SetReader()
    this.#line = (text) => {
      try {
        if (refused === undefined) reader.line(text)
      } catch (thrown) {
        if (!(thrown instanceof UapiError)) throw thrown
        refused = thrown
      }
    }
    this.#whole = () => (refused === undefined ? { set: reader.request } : { refused })
    return true
  }
}
