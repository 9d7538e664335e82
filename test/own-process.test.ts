import { expect, it } from 'vitest'
import { testsOfOwnProcess } from './own-process.js'

it('has a process for tests that count what theirs has or mock modules, and not for the most', () => {
  const own = testsOfOwnProcess()
  expect(own).toContain('test/core/forwarding/pump.cost.test.ts')
  expect(own).toContain('test/app/library/embedded-tunnel.test.ts')
  expect(own).toContain('test/transports/tls/record-key.test.ts')
  expect(own).not.toContain('test/core/ip/prefix-trie.test.ts')
  expect(own.length).toBeLessThan(60)
})
