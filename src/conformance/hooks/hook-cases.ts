import { strict as assert } from 'node:assert'
import { isUnawaited } from '../../core/time/unawaited.js'
import type { Case, DefineCase } from '../kit/case.js'
import { expect } from '../kit/expect.js'
import { timersOfNode } from '../kit/handles.js'
import { limited } from '../kit/limited.js'
import { randomFrom } from '../kit/packets.js'
import { DEFAULT_SEED } from '../kit/seed.js'
import { VirtualClock } from '../kit/virtual-clock.js'
import { HookLab, type HookSetup } from './hook-lab.js'
import { fragments, hasRightChecksums, soundPackets, superPacket, wildPackets } from './samples.js'

/** Packets that a peer may make. */
const WILD = 500

/** What the cases need to know about a packet hook. */
export interface TestedHook {
  /** A new hook, at the time of `clock`. Called anew for each case. */
  setup(clock: VirtualClock): HookSetup | Promise<HookSetup>
  /** What random packets are made from; 1 if absent. */
  readonly seed?: number | undefined
}

/**
 * Cases that find out whether a packet hook does what the interface PacketHook says, for any test runner.
 *
 * @param tested what makes the hook, and what is known of it.
 * @throws nothing: a case rejects if the hook breaks its promise.
 * @example
 * for (const { name, run } of hookCases({ setup: () => ({ hook, mtu: 1420 }) })) test(name, run)
 */
export function hookCases(tested: TestedHook): Case[] {
  const { seed = DEFAULT_SEED } = tested
  const cases: Case[] = []
  const define: DefineCase<HookLab> = (name, promise, run) =>
    cases.push({ name, promise, run: () => inLab(tested, run) })
  testResults(define, seed)
  testPackets(define, seed)
  testEnd(define, seed)
  return cases
}

function testResults(test: DefineCase<HookLab>, seed: number): void {
  test(
    'throws for no packet that the host or a peer may send',
    'A hook never throws over what a packet contains: anything may follow a whole IP header.',
    (lab) => {
      const random = randomFrom(seed)
      for (const way of lab.ways)
        for (const packet of lab.batch(wildPackets(WILD, lab.mtu, random))) lab.lend(way, [packet])
    },
  )

  test(
    'answers at once, by packets or nothing',
    'A hook returns nothing, or an object with `packets`, `replies` or both; never a promise.',
    (lab) => {
      for (const way of lab.ways) {
        for (const packets of [[], ...batches(lab, seed)]) {
          const { returned } = lab.lend(way, packets)
          assert.ok(!isUnawaited(returned), `'${way}' returned a promise`)
          lab.answer(way, packets)
        }
      }
    },
  )

  test(
    'puts no packet in the place of another that is larger than the MTU',
    'A packet of its own has no more bytes than the MTU.',
    (lab) => {
      for (const way of lab.ways) {
        for (const packets of batches(lab, seed)) {
          lab.call(way, packets, ({ tooLarge }) => expect(tooLarge, `${way}: packets too large`).toBe(0))
        }
      }
    },
  )

  test(
    'counts in its drops what it leaves out',
    'If a hook has `drops`, each packet that it leaves out is counted there.',
    (lab) => {
      if (lab.drops === undefined) return
      for (const way of lab.ways) {
        for (const packets of batches(lab, seed)) {
          const before = lab.drops
          lab.call(way, packets, ({ passed, tooLarge }) => {
            const missing = Math.max(0, packets.length - passed.length - tooLarge)
            expect(lab.drops! - before, `${way}: what drops grew by`).toBe(missing)
          })
        }
      }
    },
  )
}

function testPackets(test: DefineCase<HookLab>, seed: number): void {
  test(
    'keeps nothing of what it was lent',
    'Packets are lent until the call returns: what is to be kept is copied.',
    (lab) => {
      const before = new Set<ArrayBufferLike>()
      for (const way of lab.ways) {
        for (const packets of [...batches(lab, seed), ...batches(lab, seed)]) {
          const { returned, lent } = lab.lend(way, packets)
          for (const { bytes } of returnedPackets(returned)) {
            assert.ok(
              !before.has(bytes.buffer),
              `'${way}' returned a packet that it was lent for an earlier call`,
            )
          }
          for (const { bytes } of lent) before.add(bytes.buffer)
        }
      }
    },
  )

  test(
    'leaves the checksums of what it edits right',
    'Checksums cover what a hook changes: `editPacket` mends them, `writeChecksums` writes them.',
    (lab) => {
      for (const way of lab.ways) {
        for (const packets of batches(lab, seed)) {
          const right = packets.filter(hasRightChecksums)
          lab.call(way, right, ({ passed, replies }) => {
            for (const packet of [...passed, ...replies])
              assert.ok(
                hasRightChecksums(packet),
                `'${way}' left a packet of ${packet.bytes.length} bytes with a wrong checksum`,
              )
          })
        }
      }
    },
  )

  test(
    'edits no packet if it says so',
    'With `edits: false` a hook leaves the packets that it is lent unchanged; it may still drop, replace and answer them.',
    (lab) => {
      if (lab.edits) return
      for (const way of lab.ways) {
        for (const packets of batches(lab, seed)) {
          lab.call(way, packets, ({ lent }) => {
            for (const [index, { bytes }] of packets.entries())
              expect(lent[index]!.bytes, `${way}: a packet of ${bytes.length} bytes`).toEqual(bytes)
          })
        }
      }
    },
  )

  test(
    'writes nowhere but to the packets and the room that is theirs',
    'Around an outgoing packet there are 64 bytes on each side, around an incoming one none.',
    (lab) => {
      for (const way of lab.ways) {
        for (const packets of batches(lab, seed)) {
          const { lent } = lab.lend(way, packets)
          assert.ok(
            lent.every((packet) => packet.intact()),
            `'${way}' wrote beyond a packet`,
          )
        }
      }
    },
  )
}

function testEnd(test: DefineCase<HookLab>, seed: number): void {
  test('leaves no timer behind', 'What is closed waits for nothing.', async (lab) => {
    const before = timersOfNode()
    for (const way of lab.ways) lab.lend(way, batches(lab, seed)[0]!)
    await lab.close()
    expect(lab.clock.pending, 'timers of its clock').toBe(0)
    expect(timersOfNode() - before, 'timers of Node').toBeAtMost(0)
  })
}

/** Batches as a tunnel hands them over: plain ones, fragments, and super-packets if the hook sees them. */
function batches(lab: HookLab, seed: number) {
  const random = randomFrom(seed)
  const plain = lab.batch(soundPackets(lab.mtu, random))
  const cut = fragments(random)
  return lab.sees === 'super-packets' ? [plain, cut, [superPacket(random), ...plain]] : [plain, cut]
}

function returnedPackets(returned: unknown): { readonly bytes: Uint8Array }[] {
  const { packets = [], replies = [] } = (returned ?? {}) as Record<
    string,
    { bytes: Uint8Array }[] | undefined
  >
  return [...packets, ...replies]
}

async function inLab({ setup }: TestedHook, run: (lab: HookLab) => void | Promise<void>): Promise<void> {
  const clock = new VirtualClock()
  const made = await limited('setup is done', async () => setup(clock))
  const lab = new HookLab(made, clock)
  try {
    await run(lab)
  } finally {
    await lab.close()
  }
}
