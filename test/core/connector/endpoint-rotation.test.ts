import { expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { ConfigError } from '../../../src/core/api/errors.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { EndpointRotation } from '../../../src/core/connector/endpoint-rotation.js'
import { Peer } from '../../../src/core/peers/peers.js'
import { failure } from '../../../src/core/reasons/reason.js'
import { silentSessions } from '../../support/core/silent-sessions.js'
import { pass } from '../../support/netsim/pass.js'

const WRONG = new ConfigError('Cannot dial: the test says so', { code: 'ERR_CONFIG_VALUE' })

/** A search whose endpoints fail by what `fates` has for one dial after another. */
function search(...fates: readonly Error[]) {
  const clock = new VirtualClock(0)
  const told: string[] = []
  const [first, second] = ['tcp://one', 'tcp://two'].map((endpoint) => new URL(endpoint))
  const left = [...fates]
  const rotation = new EndpointRotation(
    {
      ...{ clock, peer: new Peer('far'), endpoints: [first!, second!], sessions: silentSessions },
      dial: () => Promise.reject(left.shift()),
      traits: () => ({ kind: 'stream' }),
      keepalive: () => [],
      use() {},
      told: ({ kind }) => told.push(kind),
      run: (work) => work(),
      log: silentLogger,
      random: () => 0.5,
    },
    { opened() {}, found() {} },
  )
  return { rotation, told, pass: (milliseconds: number) => pass(clock, milliseconds) }
}

it('tells that a round is over if the last endpoint is given up in a later one', async () => {
  const { pass, rotation, told } = search(WRONG, failure('connect-refused'), WRONG)
  const started = rotation.start()
  await pass(0)
  await started
  expect(told).toEqual(['given up', 'failed', 'round over'])
  await pass(60_000)
  expect(told.slice(3)).toEqual(['given up', 'round over'])
})

it('rejects the start, and tells of no round, if all endpoints are given up in the first', async () => {
  const { pass, rotation, told } = search(WRONG, WRONG)
  const started = expect(rotation.start()).rejects.toBe(WRONG)
  await pass(60_000)
  await started
  expect(told).toEqual(['given up', 'given up'])
})
