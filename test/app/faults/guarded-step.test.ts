import { expect, it } from 'vitest'
import { Faults } from '../../../src/app/faults/faults.js'
import { guardedStep } from '../../../src/app/faults/guarded-step.js'
import { inScope, outcomeOf } from '../../../src/app/faults/plugin-scope.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { DialStep } from '../../../src/core/api/transport.js'

const ENDPOINT = new URL('t://user:canary-password@far/?canary-token')

function guarded(step: DialStep = () => {}) {
  const steps: unknown[] = []
  const warnings: unknown[] = []
  const log = { ...silentLogger, warn: (line: string, facts?: object) => void warnings.push([line, facts]) }
  const what = "transport 't' of plugin 'p'"
  const faults = new Faults({ plugin: 'p', what, log, clock: new VirtualClock() })
  const note: DialStep = (...given) => {
    steps.push(given)
    step(...given)
  }
  return { step: guardedStep(note, ENDPOINT, faults) as (...given: unknown[]) => void, steps, warnings }
}

it.each([
  ['its own word', ['rendezvous', 500, 'nobody came'], ['rendezvous', 500, 'nobody came']],
  ['no limit', ['tls'], ['tls', undefined, undefined]],
  ['no end', ['tls', Number.POSITIVE_INFINITY], ['tls', Number.POSITIVE_INFINITY, undefined]],
  ['control characters', ['a\x1b[2J\nb', 1, '\x07x'], ['a [2J b', 1, 'x']],
  ['a long word', ['w'.repeat(1_000)], ['w'.repeat(32), undefined, undefined]],
  ['secrets', ['by canary-password', 1, 'no canary-token'], ['by', 1, 'no']],
  ['something else than words for what went wrong', ['tls', 1, {}], ['tls', 1, undefined]],
])("a plugin's step of %s is shown within bounds", (_what, given, shown) => {
  const { step, steps, warnings } = guarded()
  step(...given)
  expect(steps).toEqual([shown])
  expect(warnings).toEqual([])
})

it.each([
  ['no name', []],
  ['a name that is none', [7]],
  ['an empty name', ['']],
  ['a name of nothing that can be shown', ['\n \x00']],
  ['an object that throws', [{ toString: () => expect.unreachable() }]],
  ['a limit that is no number', ['tls', '5']],
  ['NaN', ['tls', Number.NaN]],
  ['no time', ['tls', 0]],
  ['less', ['tls', -1]],
  ['null', ['tls', null]],
])('a step with %s changes nothing and is warned of once a minute', (_what, given) => {
  const { step, steps, warnings } = guarded()
  for (let time = 0; time < 3; time++) step(...given)
  expect(steps).toEqual([])
  expect(warnings).toEqual([
    [
      "transport 't' of plugin 'p' failed in 'step', and the tunnel goes on",
      expect.objectContaining({ plugin: 'p', operation: 'step' }),
    ],
  ])
})

it("what Qanat does at a step is not the plugin's", () => {
  const boom = new Error('boom')
  let outcome: unknown
  const { step } = guarded(() => {
    outcome = outcomeOf(boom)
  })
  inScope({ threw: () => undefined }, () => step('tls'))
  expect(outcome).toBe(boom)
})
