import { expect, it } from 'vitest'
import { ThrottledWarnings } from '../../../src/core/api/throttled-warnings.js'
import { RecordingLogger } from '../../support/ciphers/tunnels.js'

it('gives the same hint once a minute at most', () => {
  const log = new RecordingLogger()
  const hints = new ThrottledWarnings(log)
  for (let now = 0; now < 120_000; now += 1000) hints.give('look here', {}, now)
  expect(log.lines).toHaveLength(2)
})
