import fs from 'node:fs'
import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import { errnoName } from '../../../src/native/base/libc.js'
import { native } from '../../../src/native/base/native.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { openPipe } from '../../support/pipe.js'

describe('errnoName', () => {
  it('names what Linux says', () => {
    expect([constants.errno.EBUSY, constants.errno.EAGAIN, 77].map(errnoName)).toEqual([
      'EBUSY',
      expect.stringMatching(/^(EAGAIN|EWOULDBLOCK)$/),
      'errno 77',
    ])
  })
})

describe.skipIf(nativeMissing)(orSkipped('libc', nativeMissing), () => {
  it('writes from the arena and reads into it', () => {
    const { arena, libc } = native()
    const [reading, writing] = openPipe()
    const [from, to] = [arena.reserve(8), arena.reserve(8)]
    from.bytes.set([1, 2, 3])
    expect(libc.write(writing, from.address, 3)).toBe(3)
    expect(libc.read(reading, to.address + 1, 7)).toBe(3)
    expect([...to.bytes]).toEqual([0, 1, 2, 3, 0, 0, 0, 0])
    for (const fd of [reading, writing]) fs.closeSync(fd)
    for (const region of [from, to]) region.release()
  })

  it('tells by errno what failed', () => {
    const { arena, libc } = native()
    const [reading, writing] = openPipe()
    const { address, release } = arena.reserve(8)
    expect(libc.read(reading, address, 8)).toBe(-1)
    expect(libc.errno()).toBe(constants.errno.EAGAIN)
    expect(libc.ioctl(reading, 0x400454ca, address)).toBe(-1)
    expect(libc.errno()).toBe(constants.errno.ENOTTY)
    for (const fd of [reading, writing]) fs.closeSync(fd)
    expect(libc.write(writing, address, 8)).toBe(-1)
    expect(libc.errno()).toBe(constants.errno.EBADF)
    release()
  })
})
