import { expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Link } from '../../../src/core/api/transport.js'
import { ATTEMPT_LIMIT, AttemptSteps } from '../../../src/core/connector/attempt-steps.js'

const ENDPOINT = new URL('wss://user:canary@far/door?canary')
const UNNAMED = 6_000

function begin() {
  const clock = new VirtualClock(0)
  const begun: unknown[] = []
  const told: string[] = []
  const steps = new AttemptSteps({
    ...{ endpoint: ENDPOINT, clock, run: (work: () => void) => work(), unnamed: UNNAMED },
    unproven: 'handshake-silent',
    begun: ({ name, since }, limit) => begun.push([name, since, limit]),
    late: ({ message }) => told.push(message),
  })
  return { steps, clock, begun, told }
}

it.each([
  ['name', 5, 'no name server told the address of the server'],
  ['connect', 10, 'the server did not accept a connection'],
  ['proxy', 10, 'the proxy did not answer'],
  ['tls', 10, 'the server did not finish the TLS handshake'],
  ['upgrade', 10, 'the server did not answer the upgrade'],
  ['handshake', 5, 'the handshake was not over'],
  ['rendezvous', 10, "'rendezvous' was not over"],
  ['constructor', 10, "'constructor' was not over"],
])("a step '%s' has %i s, and is told as what it is", (name, seconds, why) => {
  const { steps, clock, begun, told } = begin()
  clock.advance(1_000)
  steps.step(name)
  expect(begun).toEqual([
    ['dial', 0, UNNAMED],
    [name, 1_000, seconds * 1_000],
  ])
  clock.advance(seconds * 1_000 - 1)
  expect(told).toEqual([])
  clock.advance(1)
  expect(told).toEqual([`Cannot dial wss://far/door: ${why} in ${seconds} s`])
})

it('whoever names a step may say how long it may take, and what went wrong then', () => {
  const { steps, clock, told } = begin()
  steps.step('tls', 2_500, 'the hub said nothing')
  clock.advance(2_500)
  expect(told).toEqual(['Cannot dial wss://far/door: the hub said nothing in 2.5 s'])
})

it('a step is over as the next one begins, or once all is', () => {
  const { steps, clock, told } = begin()
  for (const name of ['name', 'connect']) {
    clock.advance(4_999)
    steps.step(name)
  }
  clock.advance(9_999)
  steps.end()
  clock.advance(ATTEMPT_LIMIT)
  expect([told, clock.pending]).toEqual([[], 0])
})

it('a dial that names nothing has the time of one that does not', () => {
  const { clock, told } = begin()
  clock.advance(UNNAMED)
  expect(told).toEqual(['no answer from wss://far/door in 6 s: not reached'])
})

it('all steps together have 30 s, however often they are named', () => {
  const { steps, clock, told } = begin()
  for (let time = 0; time < 6; time++) {
    expect(told).toEqual([])
    steps.step('proxy')
    clock.advance(5_000)
  }
  expect(told).toEqual(['no answer from wss://far/door in 30 s: waiting for proxy last'])
})

it('a step without end is ended with all of them', () => {
  const { steps, clock, told } = begin()
  steps.step('tls', Number.POSITIVE_INFINITY)
  clock.advance(ATTEMPT_LIMIT)
  expect(told).toEqual(['no answer from wss://far/door in 30 s: waiting for tls last'])
})

it('nothing is named any more once the dial is over', () => {
  for (const finish of [
    (steps: AttemptSteps) => steps.prove(5_000, {} as Link),
    (steps: AttemptSteps) => steps.end(),
  ]) {
    const { steps, begun } = begin()
    finish(steps)
    const before = begun.length
    steps.step('tls')
    expect(begun).toHaveLength(before)
  }
})

it('64 steps are heard of a dial, and no more', () => {
  const { steps, begun } = begin()
  for (let time = 0; time < 100; time++) steps.step('again')
  expect(begun).toHaveLength(1 + 64)
})
