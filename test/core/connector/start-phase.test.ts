import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { type ErrorCode, TransportError } from '../../../src/core/api/errors.js'
import { StartPhase } from '../../../src/core/connector/start-phase.js'
import { toldReason } from '../../../src/core/reasons/reason.js'

const [ONE, OTHER] = ['udp://one', 'udp://other'].map((text) => new URL(text)) as [URL, URL]

/** The start of a tunnel whose peers have these endpoints, and what it failed by. */
function start(peers: Readonly<Record<string, readonly URL[]>>, wait?: number) {
  const clock = new VirtualClock()
  const failures: string[] = []
  const failed = ({ code, message }: TransportError) => void failures.push(`${code}: ${message}`)
  const list = Object.entries(peers).map(([id, endpoints]) => ({ id, endpoints }))
  const phase = new StartPhase({ clock, wait, failed }, list)
  const fail = (peer: string, endpoint: URL, code: ErrorCode = 'ERR_HOST_UNKNOWN') => {
    const error = new TransportError(`Cannot resolve ${endpoint.hostname}: it is so`, { code })
    phase.told(peer, { kind: 'failed', endpoint, error, reason: toldReason(error, 'name') })
  }
  const giveUp = (peer: string, endpoint: URL) => {
    const error = new TransportError('Cannot dial', { code: 'ERR_TRANSPORT_DIAL' })
    phase.told(peer, { kind: 'given up', endpoint, error, reason: toldReason(error, 'name') })
  }
  return { clock, failures, phase, fail, giveUp }
}

const UNKNOWN = 'ERR_HOST_UNKNOWN: Cannot resolve one: it is so, for 60 s'

describe('the start of a tunnel', () => {
  it('fails once its only name has been unknown for 60 s, and tells so once', () => {
    const { clock, failures, fail } = start({ a: [ONE] })
    for (let second = 0; second < 60; second++) {
      fail('a', ONE)
      clock.advance(1_000)
    }
    expect(failures).toEqual([])
    fail('a', ONE)
    fail('a', ONE)
    expect(failures).toEqual([UNKNOWN])
  })

  it('waits on for a name server that does not answer', () => {
    const { clock, failures, fail } = start({ a: [ONE] })
    for (let second = 0; second < 600; second++) {
      fail('a', ONE, 'ERR_NAME_SERVER')
      clock.advance(1_000)
    }
    expect(failures).toEqual([])
  })

  it('counts the 60 s anew if a name server failed meanwhile', () => {
    const { clock, failures, fail } = start({ a: [ONE] })
    fail('a', ONE)
    clock.advance(50_000)
    fail('a', ONE, 'ERR_NAME_SERVER')
    clock.advance(10_000)
    fail('a', ONE)
    clock.advance(59_999)
    fail('a', ONE)
    expect(failures).toEqual([])
    clock.advance(1)
    fail('a', ONE)
    expect(failures).toEqual([UNKNOWN])
  })

  it.each([
    ['endpoint', { a: [ONE, OTHER] }, 'a'],
    ['peer', { a: [ONE], b: [OTHER] }, 'b'],
  ] as const)('goes on while another %s is not unknown', (_what, peers, other) => {
    const { clock, failures, fail } = start(peers)
    fail('a', ONE)
    fail(other, OTHER, 'ERR_TRANSPORT_DIAL')
    clock.advance(100_000)
    fail('a', ONE)
    expect(failures).toEqual([])
    fail(other, OTHER)
    clock.advance(60_000)
    fail('a', ONE)
    expect(failures).toEqual([UNKNOWN])
  })

  it('hopes for nothing of an endpoint that is given up', () => {
    const { clock, failures, fail, giveUp } = start({ a: [ONE], b: [OTHER] })
    giveUp('b', OTHER)
    fail('a', ONE)
    clock.advance(60_000)
    fail('a', ONE)
    expect(failures).toEqual([UNKNOWN])
  })

  it.each(['opened', 'found'] as const)('is over once a link is %s, whatever comes then', (kind) => {
    const { clock, failures, fail, phase } = start({ a: [ONE], b: [OTHER] }, 5_000)
    phase.told('b', { kind })
    expect(clock.pending).toBe(0)
    fail('a', ONE)
    fail('b', OTHER)
    clock.advance(100_000)
    fail('a', ONE)
    fail('b', OTHER)
    expect(failures).toEqual([])
  })

  it('waits for nobody if a peer may call', () => {
    const { clock, failures, fail } = start({ a: [ONE], b: [] }, 5_000)
    fail('a', ONE)
    clock.advance(100_000)
    fail('a', ONE)
    expect(failures).toEqual([])
  })

  it.each([
    ['ERR_NAME_SERVER', 'ERR_TRANSPORT_DIAL'],
    ['ERR_HOST_UNKNOWN', 'ERR_HOST_UNKNOWN'],
  ] as const)('fails when its limit is over, after %s', (code, failsBy) => {
    const { clock, failures, fail } = start({ a: [ONE] }, 5_000)
    fail('a', ONE, code)
    clock.advance(4_999)
    expect(failures).toEqual([])
    clock.advance(1)
    expect(failures).toEqual([`${failsBy}: Cannot reach a peer within 5 s: Cannot resolve one: it is so`])
    expect(clock.pending).toBe(0)
  })
})
