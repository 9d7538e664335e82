import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import {
  DescriptorReserve,
  descriptorLimit,
  freeDescriptors,
  isShortage,
  openDescriptors,
} from '../../../src/native/process/descriptors.js'

describe('descriptorLimit', () => {
  it('is what the kernel tells of this process', () => {
    const path = join(temporaryFolder(), 'limits')
    writeFileSync(path, 'Limit   Soft Limit  Hard Limit  Units\nMax open files   60   1024   files\n')
    expect(descriptorLimit(path)).toBe(60)
    writeFileSync(path, 'Max open files   unlimited   unlimited   files\n')
    expect(descriptorLimit(path)).toBe(Number.POSITIVE_INFINITY)
    expect(descriptorLimit()).toBeGreaterThan(openDescriptors())
  })

  it('is none where nobody tells', () => {
    expect(descriptorLimit('/nowhere/limits')).toBe(Number.POSITIVE_INFINITY)
    expect(freeDescriptors(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('DescriptorReserve', () => {
  it('keeps descriptors, which are free for nobody but the end, and for all once that is over', () => {
    const open = openDescriptors()
    const limit = open + 50
    const reserve = new DescriptorReserve(16)
    expect([reserve.size, openDescriptors(), freeDescriptors(limit)]).toEqual([16, open + 16, 34])
    reserve.release()
    reserve.release()
    expect([reserve.size, openDescriptors(), freeDescriptors(limit)]).toEqual([0, open, 34])
    reserve.over()
    reserve.over()
    expect(freeDescriptors(limit)).toBe(50)
  })
})

describe('isShortage', () => {
  it('knows that no descriptor was left, by its code or that of its cause', () => {
    const of = (code: string) => Object.assign(new Error(code), { code })
    expect(isShortage(of('EMFILE'))).toBe(true)
    expect(isShortage(new Error('no', { cause: of('ENFILE') }))).toBe(true)
    expect([of('EACCES'), new Error('no'), undefined, null, 'EMFILE'].some(isShortage)).toBe(false)
  })
})
