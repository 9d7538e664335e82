import v8 from 'node:v8'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { SideEffects } from '../../../src/app/rehearsal/side-effects.js'
import type { Native } from '../../../src/native/base/native.js'
import { stayOnCpu } from '../../../src/native/base/stay-on-cpu.js'
import { StickyCpu } from '../../../src/native/base/sticky-cpu.js'

const [BOUND, FREE] = ['--semi-space-growth-factor=1', '--semi-space-growth-factor=2']

/** Two rehearsals of a process, and what V8 was told meanwhile. */
function twoRehearsals() {
  const trim = vi.fn()
  const affinity = { allowed: () => undefined, current: () => undefined, allow: () => false }
  const native = { affinity, watchers: {}, arena: { trim } } as unknown as Native
  stayOnCpu(native)
  const flags = vi.spyOn(v8, 'setFlagsFromString').mockImplementation(() => {})
  const told = () => flags.mock.calls.map(([flag]) => flag)
  return { one: new SideEffects(native), other: new SideEffects(native), told, trim }
}

describe('the side effects of rehearsals', () => {
  beforeEach(() => () => vi.restoreAllMocks())

  it('are suppressed from the first of them to the last, however often one pauses', () => {
    const { one, other, told } = twoRehearsals()
    one.suppress()
    other.suppress()
    one.allow()
    one.allow()
    one.suppress()
    other.end()
    expect(told()).toEqual([BOUND])
    one.end()
    expect(told()).toEqual([BOUND, FREE])
  })

  it('leave the CPU of the thread alone as long', () => {
    const pause = vi.spyOn(StickyCpu.prototype, 'pause')
    const goOn = vi.spyOn(StickyCpu.prototype, 'goOn')
    const { one } = twoRehearsals()
    one.suppress()
    one.suppress()
    expect([pause.mock.calls.length, goOn.mock.calls.length]).toEqual([1, 0])
    one.end()
    expect([pause.mock.calls.length, goOn.mock.calls.length]).toEqual([1, 1])
  })

  it('end as the process was started, not as V8 has it by itself', () => {
    const { execArgv } = process
    process.execArgv = ['--semi_space_growth_factor=3', '--enable-source-maps']
    try {
      const { one, told } = twoRehearsals()
      one.suppress()
      one.end()
      expect(told()).toEqual([BOUND, '--semi-space-growth-factor=3'])
    } finally {
      process.execArgv = execArgv
    }
  })

  it('end with the memory given back to the kernel', () => {
    const { one, trim } = twoRehearsals()
    one.suppress()
    one.allow()
    expect(trim).not.toHaveBeenCalled()
    one.end()
    expect(trim).toHaveBeenCalledOnce()
  })
})
