import { describe, expect, it } from 'vitest'
import { OWN_LIMIT, UndoList } from '../../../src/app/tunnel/undo.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { KeptLog } from '../../host/parts.js'
import { turns } from '../../support/eventually.js'

function newList() {
  const clock = new VirtualClock()
  const log = new KeptLog()
  return { clock, log, list: new UndoList(clock, log) }
}

/** What hangs. */
const forever = () => new Promise<void>(() => {})

describe('UndoList', () => {
  it('undoes the last thing first, and each only once the one made after it is undone', async () => {
    const { clock, list } = newList()
    const undone: string[] = []
    for (const part of ['device', 'listener', 'link']) {
      list.push(async () => {
        undone.push(`${part} closes`)
        await new Promise((resolve) => setImmediate(resolve))
        undone.push(`${part} is closed`)
      })
    }
    await list.run()
    expect(undone).toEqual(
      ['link', 'listener', 'device'].flatMap((part) => [`${part} closes`, `${part} is closed`]),
    )
    expect(clock.pending).toBe(0)
  })

  it('aborts its signal once all is undone that was made after it, does what comes last then, and goes on with what was made earlier', async () => {
    const { list } = newList()
    const seen: boolean[] = []
    list.push(() => void seen.push(signal.aborted))
    const signal = list.signal(async ({ aborted }) => void seen.push(aborted, signal.aborted))
    list.push(() => void seen.push(signal.aborted))
    await list.run()
    expect(seen).toEqual([false, true, true, true])
  })

  it('undoes everything once, also where one of it fails, and tells of that', async () => {
    const { list, log } = newList()
    const undone: number[] = []
    list.push(() => void undone.push(1))
    list.push(() => {
      throw new Error('stuck')
    })
    list.push(() => void undone.push(3))
    await list.run()
    await list.run()
    expect(undone).toEqual([3, 1])
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { why: 'stuck' } }])
  })

  it('waits 5 s for a part that hangs, tells of it and undoes the rest', async () => {
    const { clock, list, log } = newList()
    let restored = false
    list.push(() => {
      restored = true
    })
    list.push(forever)
    const over = list.run()
    await turns()
    clock.advance(4_999)
    await turns()
    expect(restored).toBe(false)
    clock.advance(1)
    await over
    expect(restored).toBe(true)
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { why: 'it did not end within 5 s' } }])
  })

  it('undoes the parts of a step at the same time, so that all that hang cost 6 s together', async () => {
    const { clock, list, log } = newList()
    const undone: string[] = []
    list.push(() => void undone.push('host'))
    const step = list.step()
    step.push(forever)
    step.push(() => void undone.push('listener'))
    step.push(forever)
    list.push(() => void undone.push('hook'))
    const over = list.run()
    await turns()
    expect(undone).toEqual(['hook', 'listener'])
    clock.advance(6_000)
    await over
    expect(undone).toEqual(['hook', 'listener', 'host'])
    expect(log.lines).toHaveLength(2)
  })

  it('undoes what came to a step while that was undone', async () => {
    const { list } = newList()
    const undone: string[] = []
    const step = list.step()
    step.push(() => void step.push(() => void undone.push('late')))
    await list.run()
    await list.run()
    expect(undone).toEqual(['late'])
  })

  it('waits for what bounds itself, however long that takes', async () => {
    const { clock, list, log } = newList()
    const undone: string[] = []
    let finish = () => {}
    list.push(() => void undone.push('device'))
    list.push(() => new Promise<void>((resolve) => (finish = resolve)), OWN_LIMIT)
    const over = list.run()
    clock.advance(60_000)
    await turns()
    expect(undone).toEqual([])
    finish()
    await over
    expect(undone).toEqual(['device'])
    expect(log.lines).toEqual([])
  })

  it('leaves what a part that was given up on says later', async () => {
    const { clock, list } = newList()
    let fail = (_error: Error) => {}
    list.push(() => new Promise<void>((_resolve, reject) => (fail = reject)))
    const over = list.run()
    clock.advance(5_000)
    await over
    fail(new Error('too late'))
    await turns()
  })
})
