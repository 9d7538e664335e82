import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { openat2, openBelow, openStepByStep } from '../../../src/native/files/open-below.js'
import { openDescriptors } from '../../../src/native/process/descriptors.js'
import { afterTest } from '../../support/after-test.js'

const ways = [
  ['by one call', openat2()],
  ['step by step', openStepByStep],
  ['as this process can', openBelow],
] as const

for (const [way, open] of ways) {
  describe.skipIf(open === undefined)(`openBelow ${way}`, () => {
    it('opens a file in the folder, or in one below', () => {
      const { folder, read } = site()
      expect(read(open!(folder, 'a.txt'))).toBe('a')
      expect(read(open!(folder, 'sub/b.txt'))).toBe('b')
    })

    it.each([
      ['a link to a file outside', 'link.txt'],
      ['a link to a file inside', 'inner.txt'],
      ['a link to a folder outside', 'linked/secret.txt'],
      ['a link to a folder inside', 'alias/b.txt'],
      ['the folder above', '../secret.txt'],
      ['the folder above, from below', 'sub/../../secret.txt'],
      ['an absolute path', '/etc/hostname'],
      ['a link of /proc', 'proc'],
      ['what is not there', 'nothing.txt'],
      ['a file in a file', 'a.txt/b'],
      ['a zero', 'a.txt\0b'],
    ])('opens nothing by way of %s, and leaves no descriptor open', (_what, path) => {
      const { folder } = site()
      const before = openDescriptors()
      expect(() => open!(folder, path)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^E(LOOP|XDEV|NOENT|NOTDIR|INVAL)$/) }),
      )
      expect(openDescriptors()).toBe(before)
    })

    it('waits for no writer of a FIFO', () => {
      const { folder } = site()
      const fd = open!(folder, 'fifo')
      expect(fs.fstatSync(fd).isFIFO()).toBe(true)
      fs.closeSync(fd)
    })
  })
}

function site() {
  const above = temporaryFolder()
  const path = join(above, 'site')
  fs.mkdirSync(join(path, 'sub'), { recursive: true })
  fs.writeFileSync(join(above, 'secret.txt'), 'secret')
  fs.writeFileSync(join(path, 'a.txt'), 'a')
  fs.writeFileSync(join(path, 'sub/b.txt'), 'b')
  fs.symlinkSync(join(above, 'secret.txt'), join(path, 'link.txt'))
  fs.symlinkSync('a.txt', join(path, 'inner.txt'))
  fs.symlinkSync(above, join(path, 'linked'))
  fs.symlinkSync('sub', join(path, 'alias'))
  fs.symlinkSync('/proc/self/exe', join(path, 'proc'))
  execFileSync('mkfifo', [join(path, 'fifo')])
  const folder = fs.openSync(path, fs.constants.O_DIRECTORY)
  afterTest(() => fs.closeSync(folder))
  const read = (fd: number) => {
    const text = fs.readFileSync(fd, 'utf8')
    fs.closeSync(fd)
    return text
  }
  return { folder, read }
}
