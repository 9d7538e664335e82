import { describe, expect, it } from 'vitest'
import { UndoList } from '../../../src/app/tunnel/undo.js'
import { KeptLog } from '../../host/parts.js'

describe('UndoList', () => {
  it('undoes the last thing first, and each only once the one made after it is undone', async () => {
    const undone: string[] = []
    const list = new UndoList()
    for (const part of ['device', 'listener', 'link']) {
      list.push(async () => {
        undone.push(`${part} closes`)
        await new Promise((resolve) => setImmediate(resolve))
        undone.push(`${part} is closed`)
      })
    }
    await list.run(new KeptLog())
    expect(undone).toEqual(
      ['link', 'listener', 'device'].flatMap((part) => [`${part} closes`, `${part} is closed`]),
    )
  })

  it('undoes everything once, also where one of it fails, and tells of that', async () => {
    const undone: number[] = []
    const log = new KeptLog()
    const list = new UndoList()
    list.push(() => void undone.push(1))
    list.push(() => {
      throw new Error('stuck')
    })
    list.push(() => void undone.push(3))
    await list.run(log)
    await list.run(log)
    expect(undone).toEqual([3, 1])
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { why: 'stuck' } }])
  })
})
