import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { type Fields, type Logger, NO_DEBUG, silentLogger } from '../../../src/core/api/logger.js'
import { redactingLogger } from '../../../src/core/api/redacting-logger.js'
import type { DialWait, Link } from '../../../src/core/api/transport.js'
import { Attempt } from '../../../src/core/connector/attempt.js'
import { Peer } from '../../../src/core/peers/peers.js'
import { namedLogger } from '../../../src/core/plugin/named-logger.js'
import { failure } from '../../../src/core/reasons/reason.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { silentSessions } from '../../support/core/silent-sessions.js'
import { pass } from '../../support/netsim/pass.js'

/** An attempt whose dial does as a test says, and what is logged of its steps. */
function attempt(debug?: Logger['debug']) {
  const clock = new VirtualClock(0)
  const lines: string[] = []
  const told = (message: string, { endpoint, ...fields }: Fields = {}) => {
    if (message !== 'connecting') lines.push(`${endpoint} ${message} ${JSON.stringify(fields)}`)
  }
  let wait!: DialWait
  let dialled!: { resolve(link: Link): void; reject(error: unknown): void }
  const parts = {
    ...{ clock, sessions: silentSessions, peer: new Peer('far') },
    log: namedLogger(redactingLogger({ ...silentLogger, debug: debug ?? told }), 'it'),
    traits: () => ({ kind: 'stream' as const }),
    run: (work: () => void) => work(),
    dial: (_endpoint: URL, given: DialWait) => {
      wait = given
      return new Promise<Link>((resolve, reject) => {
        dialled = { resolve, reject }
      })
    },
  }
  const handlers = { succeeded: () => {}, failed: () => {} }
  const started = new Attempt(parts, new URL('wss://user:secret@far/?token=secret'), 'search', handlers)
  return { clock, dialled, lines, started, wait }
}

describe('the steps of an attempt, at the level debug', () => {
  it('are a line each once they are over, in their order, with what was noted and their time', async () => {
    const { clock, dialled, lines, started, wait } = attempt()
    wait.step('name')
    await pass(clock, 12)
    wait.note!(() => ({ addresses: ['192.0.2.1'] }))
    wait.step('connect')
    await pass(clock, 30)
    wait.note!(() => ({ remote: '192.0.2.1:443' }))
    wait.note!(() => ({ more: 'wss://user:secret@far' }))
    wait.step('tls')
    await pass(clock, 7)
    const link = new FakeLink('fake://far', true)
    dialled.resolve(link)
    await pass(clock, 25)
    started.onAuthenticated(link, [])
    expect(lines).toEqual([
      'wss://far step done {"plugin":"it","step":"name","ms":12,"addresses":["192.0.2.1"]}',
      'wss://far step done {"plugin":"it","step":"connect","ms":30,"remote":"192.0.2.1:443","more":"wss://…@far"}',
      'wss://far step done {"plugin":"it","step":"tls","ms":7}',
      'wss://far step done {"plugin":"it","step":"handshake","ms":25}',
    ])
  })

  it('say which of them failed, why and by which code', async () => {
    const { clock, dialled, lines, wait } = attempt()
    wait.step('connect')
    await pass(clock, 3)
    dialled.reject(failure('connect-refused'))
    await pass(clock, 0)
    expect(lines).toEqual([
      'wss://far step failed {"plugin":"it","step":"connect","ms":3,"why":"connection refused","code":"connect-refused"}',
    ])
  })

  it('say that the last of them was late, or called off', async () => {
    const late = attempt()
    late.wait.step('tls', 1_000)
    await pass(late.clock, 1_000)
    expect(late.lines.map((line) => /step failed .*"ms":1000,.*in 1 s/.test(line))).toEqual([true])
    const off = attempt()
    off.wait.step('name')
    await off.started.cancel()
    expect(off.lines.map((line) => /step failed .*"code":"cancelled"/.test(line))).toEqual([true])
  })

  it('are asked for nothing if nobody wants such lines, whatever loggers are around the one that does not', () => {
    const { lines, wait } = attempt(NO_DEBUG)
    wait.step('name')
    expect(wait.note).toBe(undefined)
    wait.step('connect')
    expect(lines).toEqual([])
  })
})
