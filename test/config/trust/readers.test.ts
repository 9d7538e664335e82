import { describe, expect, it } from 'vitest'
import { type Anybody, exposureOf, remarkOn } from '../../../src/config/trust/readers.js'

const OWN = 7
const OTHER = 8

function exposure(mode: number, gid: number, anybody: Anybody = 'nothing'): string | undefined {
  return taken(mode, gid, anybody).why
}

function taken(mode: number, gid: number, anybody: Anybody) {
  const step = { path: '/a/key', kind: 'file', uid: 0, gid, mode } as const
  const readers = { groups: [5, OWN], anybody, excused: new Map() }
  const why = exposureOf(step, readers)
  return { why, remarks: remarkOn(readers) }
}

describe('a file with a key', () => {
  it.each([
    [0o600, OTHER],
    [0o400, OTHER],
    [0o640, OWN],
  ])('may have the mode %o and the group %i', (mode, gid) => {
    expect(exposure(mode, gid)).toBeUndefined()
  })

  it.each([
    [0o640, OTHER],
    [0o604, OWN],
    [0o644, OTHER],
  ])('may not have the mode %o and the group %i, but where that is asked for', (mode, gid) => {
    expect(exposure(mode, gid)).toBe(
      `its mode is ${mode.toString(8)}, so others may read its keys, too; run "chmod 600 /a/key", or allow it by --allow-readable-keys or QANAT_ALLOW_READABLE_KEYS=1`,
    )
    for (const anybody of ['read', 'change'] as const) {
      const remarks = ['others may read the keys in /a/key, which was allowed']
      expect(taken(mode, gid, anybody)).toEqual({ why: undefined, remarks })
    }
  })

  it.each([0o620, 0o660, 0o602, 0o666])(
    'may not have the mode %o, whoever reads it, but where that is asked for',
    (mode) => {
      const why = `its mode is ${mode.toString(8)}, so others may change its keys; run "chmod go-w /a/key", or allow it by --allow-writable-files if no mode can be changed there`
      expect([exposure(mode, OWN), exposure(mode, OWN, 'read')]).toEqual([why, why])
      const remarks = ['others may change the keys in /a/key, which was allowed']
      expect(taken(mode, OWN, 'change')).toEqual({ why: undefined, remarks })
    },
  )

  it('is not told of where nobody else knows it, whatever was allowed', () => {
    expect(taken(0o640, OWN, 'change')).toEqual({ why: undefined, remarks: [] })
  })
})
