import fc from 'fast-check'
import { expect, it } from 'vitest'
import { silentLogger } from '../../../src/core/api/logger.js'
import { packetOf } from '../../../src/core/api/packet.js'
import type { HookOperation, PacketHook } from '../../../src/core/api/packet-hook.js'
import { HookChain } from '../../../src/core/hooks/hook-chain.js'
import { Peer } from '../../../src/core/peers/peers.js'
import { ipv4, LAB_MTU, makeCoalescer, makeSegmenter } from '../forwarding/pump-lab.js'
import { bothWays } from './hooks.js'

/** What a hook may do with marks, and by which packets it does that. */
interface Act {
  readonly marks: (marks: readonly number[]) => number[]
  readonly hook: NonNullable<PacketHook['outgoing']>
}

const markOf = ({ bytes }: { readonly bytes: Uint8Array }) => bytes.at(-1)!
const marked = (mark: number) => packetOf(ipv4(1, 10, mark))

const acts: Readonly<Record<string, Act>> = {
  keep: { marks: (marks) => [...marks], hook: () => undefined },
  'keep all by name': { marks: (marks) => [...marks], hook: (packets) => ({ packets }) },
  'drop the odd': {
    marks: (marks) => marks.filter((mark) => mark % 2 === 0),
    hook: (packets) => ({ packets: packets.filter((packet) => markOf(packet) % 2 === 0) }),
  },
  edit: {
    marks: (marks) => marks.map((mark) => (mark * 3 + 1) % 256),
    hook: (packets) => {
      for (const { bytes } of packets) bytes[bytes.length - 1] = bytes.at(-1)! * 3 + 1
      return undefined
    },
  },
  'replace every third': {
    marks: (marks) => marks.map((mark, at) => (at % 3 === 0 ? 255 - mark : mark)),
    hook: (packets) => ({
      packets: packets.map((packet, at) => (at % 3 === 0 ? marked(255 - markOf(packet)) : packet)),
    }),
  },
  'turn round': {
    marks: (marks) => marks.toReversed(),
    hook: (packets) => ({ packets: packets.toReversed() }),
  },
  'add one': {
    marks: (marks) => [...marks, 77],
    hook: (packets) => ({ packets: [...packets, marked(77)] }),
  },
}

it('passes on what its hooks make of a batch one after another, and counts what they leave out', () => {
  const names = fc.array(fc.constantFrom(...Object.keys(acts)), { maxLength: 6 })
  const marks = fc.array(fc.nat(255), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(
      names,
      marks,
      fc.constantFrom<HookOperation>('outgoing', 'incoming'),
      (chosen, given, operation) => {
        const hooks = chosen.map((name, index) => bothWays(`hook-${index}`, acts[name]!.hook))
        const chain = new HookChain(hooks, { mtu: LAB_MTU, log: silentLogger, makeSegmenter, makeCoalescer })
        const order = operation === 'outgoing' ? chosen : chosen.toReversed()
        let expected = [...given]
        let dropped = 0
        for (const name of order) {
          if (expected.length === 0) break // no hook is called for nothing
          const before = expected.length
          expected = acts[name]!.marks(expected)
          dropped += Math.max(0, before - expected.length)
        }
        const passed: number[] = []
        const peer = new Peer('a')
        chain.pass(operation, given.map(marked), peer, 0, (batch) => passed.push(...batch.map(markOf)))
        expect(passed).toEqual(expected)
        expect(peer.drops.hooked).toBe(dropped)
      },
    ),
  )
})
