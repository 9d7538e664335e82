import { expect, it } from 'vitest'
import { trimMemory } from '../../../src/native/process/trim-memory.js'
import { turns } from '../../support/eventually.js'

it('collects garbage, again and again', async () => {
  for (let times = 0; times < 2; times++) {
    const garbage = new WeakRef({ list: [times] })
    expect(garbage.deref()).toEqual({ list: [times] })
    await turns(2) // a target that was looked at lives to the end of its turn
    trimMemory()
    expect(garbage.deref()).toBeUndefined()
  }
})
