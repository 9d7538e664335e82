import v8 from 'node:v8'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nativeIfThere } from '../../../src/native/base/native.js'

vi.mock('../../../src/native/base/native.js', () => ({ nativeIfThere: vi.fn() }))
vi.mock('../../../src/native/base/stay-on-cpu.js', () => ({ stayOnCpu: vi.fn() }))
vi.mock('../../../src/native/process/forbid-cores.js', () => ({ forbidCores: vi.fn() }))

const [BOUND, FREE] = ['--semi-space-growth-factor=1', '--semi-space-growth-factor=2']

/** Prepares a process of its own, and tells how V8's young generation may grow from then on. */
async function prepared(
  rehearsed: Promise<void> | undefined,
  native: object | undefined,
  { held = false } = {},
) {
  vi.resetModules()
  const flags = vi.spyOn(v8, 'setFlagsFromString').mockImplementation(() => {})
  vi.mocked(nativeIfThere).mockReturnValue(native as ReturnType<typeof nativeIfThere>)
  const { holdThroughStart } = await import('../../../src/app/rehearsal/young-generation.js')
  if (held) holdThroughStart()
  const { prepareEngine } = await import('../../../src/cli/run/engine.js')
  prepareEngine(rehearsed)
  return () => flags.mock.calls.map(([flag]) => flag).filter((flag) => flag.includes('semi-space'))
}

describe('the young generation of a process that runs a tunnel', () => {
  beforeEach(() => () => vi.restoreAllMocks())

  it('does not grow until the rehearsal has begun or was left out', async () => {
    let begin = () => {}
    const rehearsed = new Promise<void>((resolve) => {
      begin = resolve
    })
    const told = await prepared(rehearsed, {})
    expect(told()).toEqual([BOUND])
    begin()
    await rehearsed
    expect(told()).toEqual([BOUND, FREE])
  })

  it('grows as V8 has it if there is no rehearsal', async () => {
    const told = await prepared(undefined, {})
    expect(told()).toEqual([])
  })

  it('does not grow from the first line of the program on, nor any longer if there is no rehearsal', async () => {
    const told = await prepared(undefined, {}, { held: true })
    expect(told()).toEqual([BOUND, FREE])
  })

  it('never grows without koffi', async () => {
    const told = await prepared(Promise.resolve(), undefined)
    await Promise.resolve()
    expect(told()).toEqual([BOUND])
  })
})
