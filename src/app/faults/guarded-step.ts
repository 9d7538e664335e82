import type { DialStep } from '../../core/api/transport.js'
import { codeOf, type Reason } from '../../core/reasons/reason.js'
import { printable } from '../../transports/net/printable.js'
import type { Faults } from './faults.js'
import { outOfScope } from './plugin-scope.js'

/** Characters of a plugin's word for a step. */
const MAX_NAME = 32

/**
 * `step` as the dial of a plugin is given it: its words are printable, bounded and without secrets of the endpoint. A call that is
 * none is warned of and changes nothing.
 */
export function guardedStep(step: DialStep, endpoint: URL, faults: Faults): DialStep {
  return (name: unknown, limit: unknown, late: unknown) =>
    outOfScope(() => {
      const word = typeof name === 'string' ? printable(name, endpoint).slice(0, MAX_NAME) : ''
      if (word === '') faults.warn(faults.wrong('step', 'is not given the name of a step'))
      else if (!isLimit(limit))
        faults.warn(faults.wrong('step', 'is not given milliseconds above 0 as a limit'))
      else step(word, limit, lateOf(late, endpoint))
    })
}

/** In the plugin's words, whose code is one of the catalog's or its own. */
function lateOf(late: unknown, endpoint: URL): string | Reason | undefined {
  if (typeof late === 'string') return printable(late, endpoint)
  const { code, text } = (late ?? {}) as { readonly code?: unknown; readonly text?: unknown }
  return typeof text === 'string'
    ? { code: codeOf({ reason: code }), text: printable(text, endpoint) }
    : undefined
}

function isLimit(limit: unknown): limit is number | undefined {
  return limit === undefined || (typeof limit === 'number' && limit > 0)
}
