import { beforeEach, expect, it, vi } from 'vitest'
import type { Native } from '../../../src/native/base/native.js'
import { SO_BUF_LOCK, SO_RCVBUF } from '../../../src/native/base/sockets.js'

const set = vi.hoisted(() => ({ options: [] as number[], refused: [] as number[] }))
vi.mock(import('../../../src/native/sockets/socket-calls.js'), async (original) => ({
  ...(await original()),
  setOption(_native, _fd, _level, name) {
    set.options.push(name)
    return set.refused.includes(name) ? -ENOPROTOOPT : 0
  },
}))

const ENOPROTOOPT = 92
const NATIVE = {} as Native
const FD = 4711

/** Loads it as a process does that knows nothing of its kernel. */
const fresh = () => import('../../../src/transports/streams/receive-buffer.js')

beforeEach(() => {
  vi.resetModules()
  set.options.length = 0
})

it.each(['boundReceiveBuffer', 'liftReceiveBuffer', 'takeBodies'] as const)(
  'a kernel that would keep a size for ever is told none: %s',
  async (call) => {
    set.refused = [SO_BUF_LOCK]
    const buffers = await fresh()
    buffers[call](NATIVE, FD)
    buffers[call](NATIVE, FD)
    expect(set.options).toEqual([SO_BUF_LOCK]) // asked once
  },
)

it('one that lets go of it again is told', async () => {
  set.refused = []
  const { boundReceiveBuffer } = await fresh()
  boundReceiveBuffer(NATIVE, FD)
  expect(set.options).toEqual([SO_BUF_LOCK, SO_RCVBUF])
})
