import type { Kept } from './mutant.js'

/** The promises of docs/security.md under "On the wire" that are about packet hooks. */
export const onPacketHooks: readonly Kept[] = [
  {
    promise:
      'No packet passes a packet hook that dropped it or failed, and hooks see none whose source its peer does not own; one that goes on failing ends the tunnel',
    mutants: [
      {
        breaks: 'a packet passes that a hook dropped',
        file: 'src/core/hooks/hook-runner.ts',
        text: 'result.packets ?? packets',
        replacement: 'result.replies ?? packets',
        test: 'test/core/hooks/hooked-traffic.test.ts',
        name: 'drop packets, which are counted for the hook and the peer',
      },
      {
        breaks: 'what a hook fails at goes on as it is',
        file: 'src/core/hooks/hook-runner.ts',
        text: 'return []',
        replacement: 'return packets.slice()',
        test: 'test/core/hooks/hook-runner.faults.test.ts',
        name: 'loses the batch, which is counted, and the tunnel goes on',
      },
      {
        breaks: 'what goes out passes by the hooks',
        file: 'src/core/forwarding/pump.ts',
        text: 'if (this.#hooked !== undefined && !pastHooks)',
        replacement: 'if (this.#hooked !== undefined && pastHooks)',
        test: 'test/core/hooks/hooked-traffic.test.ts',
        name: 'see what leaves in the order in which they are listed',
      },
      {
        breaks: 'what comes in passes by the hooks',
        file: 'src/core/forwarding/pump.ts',
        text: 'if (this.#hooked === undefined) this',
        replacement: 'if (this.#hooked === undefined || this.#admitted.length > 0) this',
        test: 'test/core/hooks/hooked-traffic.test.ts',
        name: 'see what leaves in the order in which they are listed',
      },
      {
        breaks: 'what comes in as a train is joined before the hooks see it',
        file: 'src/core/forwarding/train-opening.ts',
        text: 'whole && cipher.authenticates',
        replacement: 'cipher.authenticates',
        test: 'test/core/forwarding/train-opening.test.ts',
        name: 'opens trains if the cipher does, the device has a joiner and no hook looks at packets',
      },
      {
        breaks: 'hooks see what a peer may not send',
        file: 'src/core/forwarding/pump.ts',
        text: 'if (!this.#router.admits(peer, packet.bytes, now)) continue',
        replacement:
          'if (!this.#router.admits(peer, packet.bytes, now) && this.#hooked === undefined) continue',
        test: 'test/core/hooks/hooked-traffic.test.ts',
        name: 'see nothing of a peer that it may not send',
      },
      {
        breaks: 'inwards the first hook is asked first',
        file: 'src/core/hooks/hook-chain.ts',
        text: 'this.#runners.toReversed()',
        replacement: 'this.#runners',
        test: 'test/core/hooks/hooked-traffic.test.ts',
        name: 'see what leaves in the order in which they are listed',
      },
      {
        breaks: 'a hook that is broken goes on for ever',
        file: 'src/core/hooks/fault-limit.ts',
        text: 'if (this.#times.length < MOST_FAULTS) return false',
        replacement: 'if (this.#times.length < 2 * MOST_FAULTS) return false',
        test: 'test/core/hooks/hook-runner.faults.test.ts',
        name: 'th time within ',
      },
      {
        breaks: 'a hook that fails now and then ends the tunnel',
        file: 'src/core/hooks/fault-limit.ts',
        text: 'return now - this.#times.shift()! < FAULT_SPAN',
        replacement: 'return now - this.#times.shift()! < 2 * FAULT_SPAN',
        test: 'test/core/hooks/hook-runner.faults.test.ts',
        name: 'is borne with for as long as it fails more seldom',
      },
      {
        breaks: 'one packet is sealed twice where it lies',
        file: 'src/core/hooks/hook-result.ts',
        text: 'place === undefined || place < next',
        replacement: 'place === undefined || place < -1',
        test: 'test/core/hooks/hook-runner.faults.test.ts',
        name: 'fails if one packet would go on twice',
      },
      {
        breaks: 'a packet that a hook edits becomes intact, though it was not',
        file: 'src/core/hooks/edit-packet.ts',
        text: 'const after = mended(before, covered + ofRest)',
        replacement: 'const after = ~fold(sum(bytes, transport, bytes.length, covered + ofRest)) & 0xffff',
        test: 'test/core/hooks/edit-packet.test.ts',
        name: 'leaves a wrong checksum wrong',
      },
    ],
  },
]
