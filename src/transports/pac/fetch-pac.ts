import http from 'node:http'
import type { Socket } from 'node:net'
import { MAX_PAC, type PacPlace } from '../../core/proxy/pac-place.js'
import { failure } from '../../core/reasons/reason.js'
import { meaningOf } from '../net/dial-error.js'
import { printable } from '../net/printable.js'
import { abortable } from '../net/within.js'

const OK = 200
/** Bytes of the answer's headers. */
const MAX_HEADERS = 16_384

/** A PAC file that was fetched. */
export interface FetchedPac {
  readonly script: string
  /** This host's address on the way there. */
  readonly ownAddress: string | undefined
}

/** Connects to the server of a PAC file, directly, and by TLS if its URL is of `https:`. */
export type OpenTo = (url: URL, signal: AbortSignal) => Promise<Socket>

/**
 * Fetches a PAC file directly, with nothing before it. Nothing is followed elsewhere, and no login is told.
 *
 * @throws Failure that says why there is none, or what the signal is aborted with.
 */
export async function fetchPac(
  url: URL,
  { shown }: Pick<PacPlace, 'shown'>,
  openTo: OpenTo,
  signal: AbortSignal,
): Promise<FetchedPac> {
  let socket: Socket | undefined
  try {
    socket = await openTo(url, signal)
    const ownAddress = socket.localAddress
    const bytes = await bodyOf(socket, url, shown, signal)
    return { script: new TextDecoder().decode(bytes), ownAddress }
  } catch (thrown) {
    if (signal.aborted || isOfPac(thrown)) throw thrown
    throw failure('pac-unreachable', { pac: shown, why: printable(meaningOf(thrown).text, url) }).by(thrown)
  } finally {
    socket?.destroy()
  }
}

/** Whether it was said of the PAC file itself. */
function isOfPac(thrown: unknown): boolean {
  return meaningOf(thrown).code.startsWith('pac-')
}

function bodyOf(socket: Socket, url: URL, pac: string, signal: AbortSignal): Promise<Buffer> {
  return abortable(signal, (resolve, reject) => {
    const request = http.get({
      ...{ host: url.hostname, path: url.pathname + url.search, maxHeaderSize: MAX_HEADERS },
      headers: { Host: url.host, 'User-Agent': 'Qanat', Accept: '*/*', Connection: 'close' },
      createConnection: () => socket,
    })
    request.on('error', reject)
    request.on('upgrade', () => reject(failure('pac-refused', { pac, answer: '101' })))
    request.on('response', (answer) => {
      const { statusCode, statusMessage = '' } = answer
      if (statusCode !== OK) {
        return reject(
          failure('pac-refused', { pac, answer: printable(`${statusCode} ${statusMessage}`, url) }),
        )
      }
      const parts: Buffer[] = []
      let length = 0
      answer.on('data', (part: Buffer) => {
        length += part.length
        if (length > MAX_PAC) return reject(failure('pac-long', { pac, most: MAX_PAC }))
        parts.push(part)
      })
      answer.on('error', reject)
      answer.on('end', () => resolve(Buffer.concat(parts)))
    })
    return () => {
      request.on('error', () => {}) // of one that is being ended
      request.destroy()
    }
  })
}
