import { afterEach, expect, it, vi } from 'vitest'
import { transportCases } from '../../../src/conformance/transport/transport-cases.js'
import type { TransportSetup } from '../../../src/conformance/transport/transport-lab.js'

afterEach(() => {
  vi.useRealTimers()
})

it('ends a case whose setup never does, and says what it waited for', async () => {
  vi.useFakeTimers()
  const [first] = transportCases({ stream: true, setup: () => new Promise<TransportSetup>(() => {}) })
  const ended = expect(first!.run()).rejects.toThrow('Waited 20000 ms in vain until setup is done')
  await vi.advanceTimersByTimeAsync(20_000)
  await ended
})
