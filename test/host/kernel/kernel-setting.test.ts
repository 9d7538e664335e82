import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { changeSetting, restoreSetting } from '../../../src/host/kernel/kernel-setting.js'
import type { Change } from '../../../src/host/record/change.js'
import { Journal } from '../../../src/host/record/journal.js'
import { namespacesMissing } from '../../support/network-namespace.js'
import { temporaryFile } from '../../support/temporary-file.js'

const missing = namespacesMissing('unshare')
const DIST = join(import.meta.dirname, '../../../dist/src')

/** A file in the place of one below /proc/sys, and a journal that knows what it was. */
function lab(before: string) {
  const path = temporaryFile('setting', `${before}\n`)
  const journal = new Journal(join(temporaryFolder(), 'a.journal'))
  return {
    path,
    journal,
    value: () => readFileSync(path, 'utf8').trim(),
    restore(others: readonly Change[] = []) {
      for (const change of journal.changes) if (change.kind === 'setting') restoreSetting(change, others)
    },
  }
}

describe('a setting of the kernel', () => {
  it('is noted before it is changed, and put back', () => {
    const { path, journal, value, restore } = lab('2')
    changeSetting(path, '1', journal)
    expect(journal.changes).toEqual([{ kind: 'setting', path, before: '2', after: '1' }])
    expect(value()).toBe('1')
    restore()
    expect(value()).toBe('2')
  })

  it.skipIf(missing)(
    'that is read-only, as in a container, is told of with the option of the container',
    () => {
      const script = `
      const { changeSetting } = await import('${join(DIST, 'host/kernel/kernel-setting.js')}')
      changeSetting('/proc/sys/net/ipv4/conf/all/src_valid_mark', '1', { note() {}, believedOthers: () => [] })`
      const run = `mount --bind -o ro /proc/sys /proc/sys && exec '${process.execPath}' --input-type=module`
      const { stderr } = spawnSync('unshare', ['-mn', 'sh', '-c', run], { input: script, encoding: 'utf8' })
      expect(stderr).toContain(
        'Cannot set /proc/sys/net/ipv4/conf/all/src_valid_mark to 1: it is read-only here; start the container with --sysctl net.ipv4.conf.all.src_valid_mark=1\n',
      )
    },
  )

  it('stays as it is where somebody else changed it meanwhile', () => {
    const { path, journal, value, restore } = lab('2')
    changeSetting(path, '1', journal)
    writeFileSync(path, '0')
    restore()
    expect(value()).toBe('0')
  })

  it('stays as it is while another tunnel needs it', () => {
    const { path, journal, value, restore } = lab('2')
    changeSetting(path, '1', journal)
    restore([{ kind: 'setting', path, before: '2', after: '1' }])
    expect(value()).toBe('1')
    restore([{ kind: 'setting', path: `${path}/other`, before: '2', after: '1' }])
    expect(value()).toBe('2')
  })

  it('is noted by nobody where it has that value', () => {
    const { path, journal } = lab('1')
    changeSetting(path, '1', journal)
    expect(journal.changes).toEqual([])
  })

  it('that the kernel does not have cannot be changed', () => {
    const { path, journal } = lab('1')
    expect(() => changeSetting(`${path}/none`, '1', journal)).toThrow('the kernel has no such setting')
    expect(journal.changes).toEqual([])
  })
})
