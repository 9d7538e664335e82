import type { Case, DefineCase } from '../kit/case.js'
import { inLab } from '../kit/in-lab.js'
import { DEFAULT_SEED } from '../kit/seed.js'
import { testTunClosing } from './tun-closing.js'
import { TunLab, type TunSetup } from './tun-lab.js'
import { testTunOpening } from './tun-opening.js'
import { testTunReading } from './tun-reading.js'
import { testTunWriting } from './tun-writing.js'

/** What the cases need to know about a TUN driver. */
export interface TestedTunDriver {
  /** Called anew for each case. */
  setup(): TunSetup | Promise<TunSetup>
  /** What random packets are made from; 1 if absent. */
  readonly seed?: number | undefined
}

/**
 * Cases that find out whether a TUN driver does what the interfaces TunDriver and TunDevice say, for any test runner.
 *
 * @param tested what makes the driver, and who plays the host of its devices.
 * @throws nothing: a case rejects if the driver breaks its promise.
 * @example
 * for (const { name, run } of tunCases({ setup: () => ({ driver }) })) test(name, run)
 */
export function tunCases(tested: TestedTunDriver): Case[] {
  const cases: Case[] = []
  const define: DefineCase<TunLab> = (name, promise, run) =>
    cases.push({ name, promise, run: () => inLab(TunLab, () => tested.setup(), run) })
  testTunOpening(define)
  testTunReading(define)
  testTunWriting(define, tested.seed ?? DEFAULT_SEED)
  testTunClosing(define)
  return cases
}
