import { describe, expect, it } from 'vitest'
import { exposureOf } from '../../../src/config/trust/readers.js'

const OWN = 7
const OTHER = 8

function exposure(mode: number, gid: number, anybody = false): string | undefined {
  const step = { path: '/a/key', kind: 'file', uid: 0, gid, mode } as const
  return exposureOf(step, { groups: [5, OWN], anybody })
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
      `its mode is ${mode.toString(8)}, so others may read its keys, too; run "chmod 600 /a/key"`,
    )
    expect(exposure(mode, gid, true)).toBeUndefined()
  })

  it.each([0o620, 0o660, 0o602, 0o666])('may never have the mode %o', (mode) => {
    const why = `its mode is ${mode.toString(8)}, so others may change its keys; run "chmod go-w /a/key"`
    expect([exposure(mode, OWN), exposure(mode, OWN, true)]).toEqual([why, why])
  })
})
