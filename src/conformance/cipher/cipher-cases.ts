import type { Case, DefineCase } from '../kit/case.js'
import { limited } from '../kit/limited.js'
import { VirtualClock } from '../kit/virtual-clock.js'
import { testAuthenticity } from './cipher-authenticity.js'
import { type CipherEnd, CipherLab } from './cipher-lab.js'
import { testPeers } from './cipher-peers.js'
import { testSealing } from './cipher-sealing.js'
import { testProbes, testSessions } from './cipher-sessions.js'
import { type CipherHub, HubLab } from './hub-lab.js'

/** The two ends of a case. */
export interface CipherEnds {
  readonly near: CipherEnd
  readonly far: CipherEnd
}

/** What the cases need to know about a cipher. */
export interface TestedCipher {
  /** What random bytes are made from; 1 if absent. */
  readonly seed?: number
  /** Two ends that know each other, at the time of `clock`. Called anew for each case. */
  setup(clock: VirtualClock): CipherEnds | Promise<CipherEnds>
  /** Whether a packet proves who sent it: what was changed or seen before is dropped. */
  readonly authenticates: boolean
  /** An end with several peers that may come and go, if the cipher has such. Called anew for each case that needs one. */
  hub?(clock: VirtualClock): CipherHub | Promise<CipherHub>
  /** Present where ends agree on keys before they can send. */
  readonly sessions?: {
    /** Milliseconds after which keys in use are replaced. */
    readonly rekeyAfter: number
    /** Milliseconds after which an idle end has forgotten its keys and wants no more ticks. */
    readonly idleAfter: number
    /** Whether the ends understand each other's probes and super-packets. */
    readonly extended: boolean
  }
}

/**
 * Cases that find out whether a cipher does what the interfaces Cipher and Sessions say, at two ends and in virtual
 * time, for any test runner.
 *
 * @param tested what makes two ends, and what is known of the cipher.
 * @throws nothing: a case rejects if the cipher breaks its promise.
 * @example
 * for (const { name, run } of cipherCases({ authenticates: false, setup })) test(name, run)
 */
export function cipherCases(tested: TestedCipher): Case[] {
  const { authenticates, sessions } = tested
  const cases: Case[] = []
  const define: DefineCase<CipherLab> = (name, promise, run) =>
    cases.push({ name, promise, run: () => inLab(tested, run) })
  testSealing(define, tested)
  if (authenticates) testAuthenticity(define)
  if (sessions) testSessions(define, sessions)
  if (sessions?.extended) testProbes(define)
  if (tested.hub)
    testPeers((name, promise, run) => cases.push({ name, promise, run: () => inHub(tested, run) }))
  return cases
}

async function inHub({ hub }: TestedCipher, run: (lab: HubLab) => void): Promise<void> {
  const clock = new VirtualClock()
  const made = await limited('the hub is made', async () => hub!(clock))
  try {
    run(new HubLab(clock, made))
  } finally {
    for (const cipher of [made.cipher, ...made.spokes.map((spoke) => spoke.cipher)]) cipher.close()
  }
}

async function inLab({ setup }: TestedCipher, run: (lab: CipherLab) => void | Promise<void>): Promise<void> {
  const clock = new VirtualClock()
  const { near, far } = await limited('setup is done', async () => setup(clock))
  const lab = new CipherLab(clock, near, far)
  try {
    await run(lab)
  } finally {
    near.cipher.close()
    far.cipher.close()
  }
}
