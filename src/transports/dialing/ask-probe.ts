import http from 'node:http'
import type { Socket } from 'node:net'
import type { ProbeAnswer } from '../../core/portal/portal-watch.js'
import type { ProbeUrl } from '../../core/portal/probe-url.js'
import { failure, reason } from '../../core/reasons/reason.js'
import type { Clock } from '../../core/time/clock.js'
import type { Egress } from '../net/egress.js'
import { endpointPort } from '../net/endpoint-port.js'
import { abortable, within } from '../net/within.js'
import { loginPageIn, type OddAnswer } from '../portal/login-page.js'
import { connect } from './connect.js'

/** Milliseconds for the whole question, look-up included. */
export const PROBE_LIMIT = 5_000
/** Bytes of the headers of its answer, and of its body; of a longer body no more is read. */
const MAX_HEADERS = 16_384
const MAX_BODY = 4_096
/** Answers of 100 to 199 before the one that counts. */
const MAX_INTERIM = 8
const [OK, NO_CONTENT] = [200, 204]

/** How a probe leaves the host. */
export interface ProbeParts {
  readonly clock: Clock
  readonly egress: Egress
}

/**
 * Asks a URL whose answer is known, directly and without following it elsewhere: whether it passes, or what answers in its place.
 * Undefined if nobody knows: it is not reached, or refuses.
 */
export async function askProbe(
  { expected, url }: ProbeUrl,
  { clock, egress }: ProbeParts,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const late = () => failure('connect-silent')
  let socket: Socket | undefined
  try {
    return await within({ clock, limit: PROBE_LIMIT, signal, late }, async (signal) => {
      const remote = { url, port: endpointPort(url), notAccepted: reason('connect-silent') }
      socket = await connect(remote, egress, clock, { signal, step() {} })
      return judged(await answerOf(socket, url, signal), url, expected)
    })
  } catch {
    return undefined
  } finally {
    socket?.destroy()
  }
}

interface Answer extends OddAnswer {
  readonly body: string
}

function judged(answer: Answer, url: URL, expected: string | undefined): ProbeAnswer {
  const { body, statusCode } = answer
  if (expected !== undefined && statusCode === OK && body.trim() === expected) return 'passes'
  const page = loginPageIn(answer, { asked: 'the probe', url, isProven: false })
  if (page !== undefined) return page
  if (expected === undefined) return statusCode === OK || statusCode === NO_CONTENT ? 'passes' : undefined
  return statusCode === OK ? reason('portal-probe') : undefined
}

function answerOf(socket: Socket, url: URL, signal: AbortSignal): Promise<Answer> {
  return abortable(signal, (resolve, reject) => {
    const request = http.get({
      ...{ host: url.hostname, path: url.pathname + url.search, maxHeaderSize: MAX_HEADERS },
      headers: { Host: url.host, 'User-Agent': 'Qanat', Accept: '*/*', Connection: 'close' },
      createConnection: () => socket,
    })
    let interim = 0
    request.on('error', reject)
    request.on('information', () => {
      if (++interim > MAX_INTERIM) request.destroy()
    })
    request.on('upgrade', () => reject(failure('connect-silent')))
    request.on('response', (response) => {
      const { headers, statusCode } = response
      let body = ''
      const whole = () => resolve({ headers, statusCode, body })
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        body += part
        if (body.length > MAX_BODY) whole()
      })
      response.on('error', reject)
      response.on('end', whole)
    })
    return () => {
      request.on('error', () => {}) // of one that is being ended
      request.destroy()
    }
  })
}
