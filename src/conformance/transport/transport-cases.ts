import type { Case, DefineCase } from '../kit/case.js'
import { inLab } from '../kit/in-lab.js'
import { DEFAULT_SEED } from '../kit/seed.js'
import { testCarrying } from './transport-carrying.js'
import { TransportLab, type TransportSetup } from './transport-lab.js'
import { testClosing, testOpening, testSilentDialling, testSteps } from './transport-opening.js'
import { testRobustness } from './transport-robustness.js'
import { testStreams } from './transport-streams.js'

/** What the cases need to know about a transport. */
export interface TestedTransport {
  /** Whether its links are connections: in order, without loss, and each end is notified when the other closes. */
  readonly stream: boolean
  /** What random bytes are made from; 1 if absent. */
  readonly seed?: number
  /** Called anew for each case. */
  setup(): TransportSetup | Promise<TransportSetup>
}

/**
 * Cases that find out whether a transport does what the interfaces Transport, Link and Listener say, for any test
 * runner.
 *
 * @param tested what makes the transport, and what is known of it.
 * @throws nothing: a case rejects if the transport breaks its promise.
 * @example
 * for (const { name, run } of transportCases({ stream: true, setup })) test(name, run)
 */
export function transportCases(tested: TestedTransport): Case[] {
  const cases: Case[] = []
  const define: DefineCase<TransportLab> = (name, promise, run) =>
    cases.push({ name, promise, run: () => inLab(TransportLab, () => tested.setup(), run) })
  testOpening(define)
  testSteps(define)
  testCarrying(define, tested.stream)
  testClosing(define)
  testRobustness(define, tested.stream, tested.seed ?? DEFAULT_SEED)
  if (tested.stream) testStreams(define)
  else testSilentDialling(define)
  return cases
}
