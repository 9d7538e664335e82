import { describe, expect, it } from 'vitest'
import { AnswerReader } from '../../../../src/transports/http/session/answer-reader.js'
import { DownRequests } from '../../../../src/transports/http/session/down-requests.js'
import type { Exchange } from '../../../../src/transports/http/session/exchange.js'
import { STREAM_RENEWAL } from '../../../../src/transports/http/session/limits.js'

const CUT_AT = 10_000

describe('DownRequests', () => {
  it('asks for the next streamed answer before the age at which the one before was cut', () => {
    const requests = new DownRequests(false)
    const first = begun(requests, 0)
    expect(requests.next(CUT_AT)).toBeUndefined()
    expect(requests.nextTick).toBe(STREAM_RENEWAL.age)
    expect(requests.broke(first, CUT_AT)).toBe(true)
    begun(requests, CUT_AT)
    expect(requests.nextTick).toBe(CUT_AT + 0.8 * CUT_AT)
    expect(requests.next(CUT_AT + 0.8 * CUT_AT - 1)).toBeUndefined()
    expect(requests.next(CUT_AT + 0.8 * CUT_AT)).toBeDefined()
  })

  it('learns nothing of an answer that was cut within seconds', () => {
    const requests = new DownRequests(false)
    expect(requests.broke(begun(requests, 0), 2_000)).toBe(false)
    begun(requests, 2_000)
    expect(requests.nextTick).toBe(2_000 + STREAM_RENEWAL.age)
  })
})

/** A streamed answer that is asked for, of which the beginning came. */
function begun(requests: DownRequests, now: number): Exchange {
  const request = requests.next(now)!
  const reader = new AnswerReader({ began: () => true, data() {}, acked() {} })
  reader.hasBegun = true
  const exchange: Exchange = {
    ...{ kind: 'down', isStream: request.isStream, isTrial: request.isTrial, body: [], from: 0, to: 0 },
    ...{ begun: now, reader, sent: now, heard: now, bytes: 0, isRelieved: false },
  }
  requests.begun(exchange)
  requests.came(exchange)
  return exchange
}
