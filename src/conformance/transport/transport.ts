import { describe } from 'vitest'
import { defineTests, type Skip } from '../kit/define-tests.js'
import { type TestedTransport, transportCases } from './transport-cases.js'

/** What the suite needs to know of a transport. */
export interface TransportCase extends TestedTransport {
  readonly name: string
  readonly skip?: readonly Skip[]
}

/**
 * Tests that a transport does what the interfaces Transport, Link and Listener say: the cases of `transportCases`.
 *
 * @param options what makes the transport, and the name; which cases to skip, and why.
 * @throws nothing: a test fails if a promise is broken.
 * @example
 * testTransport({ name: 'unix', stream: true, setup })
 */
export function testTransport(options: TransportCase): void {
  describe(`transport ${options.name}`, () => defineTests(options.skip ?? [], transportCases(options)))
}
