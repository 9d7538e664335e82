import { afterEach, beforeEach, describe } from 'vitest'
import { defineCases, type Skip } from '../kit/cases.js'
import { VirtualClock } from '../kit/virtual-clock.js'
import { testAuthenticity } from './cipher-authenticity.js'
import { type CipherEnd, CipherLab } from './cipher-lab.js'
import { testSealing } from './cipher-sealing.js'
import { testProbes, testSessions } from './cipher-sessions.js'

/** What the suite needs to know of a cipher. */
export interface CipherCase {
  readonly name: string
  /** Two ends that know each other, at the time of `clock`. Called anew for each test. */
  setup(clock: VirtualClock): { near: CipherEnd; far: CipherEnd }
  /** Whether a packet proves who sent it: what was changed or seen before is dropped. */
  readonly authenticates: boolean
  /** Present where ends agree on keys before they can send. */
  readonly sessions?: {
    /** Milliseconds after which keys in use are replaced. */
    readonly rekeyAfter: number
    /** Milliseconds after which an idle end has forgotten its keys and wants no more ticks. */
    readonly idleAfter: number
    /** Whether the ends understand each other's probes and super-packets. */
    readonly extended: boolean
  }
  readonly skip?: readonly Skip[]
}

/** Tests that a cipher does what the interfaces Cipher and Sessions say, at two ends and in virtual time. */
export function testCipher(options: CipherCase): void {
  const { name, setup, authenticates, sessions, skip = [] } = options
  describe(`cipher ${name}`, () => {
    let lab: CipherLab
    const current = () => lab

    beforeEach(() => {
      const clock = new VirtualClock()
      const { near, far } = setup(clock)
      lab = new CipherLab(clock, near, far)
    })

    afterEach(() => {
      lab.near.cipher.close()
      lab.far.cipher.close()
    })

    defineCases(skip, (test) => {
      testSealing(test, current, options)
      if (authenticates) testAuthenticity(test, current)
      if (sessions) testSessions(test, current, sessions)
      if (sessions?.extended) testProbes(test, current)
    })
  })
}
