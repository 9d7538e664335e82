import { describe, expect, it } from 'vitest'
import { readBytes, readKey } from '../../../src/config/trust/named-file.js'
import type { Admission } from '../../../src/config/trust/place.js'
import type { ReadFile } from '../../../src/config/trust/read-file.js'
import type { Anybody } from '../../../src/config/trust/readers.js'
import type { Way } from '../../../src/config/trust/way.js'

const AUTHOR = 999

function owned(uid: number, mode = 0o600): ReadFile {
  const way = [{ path: '/k', kind: 'file', uid, gid: 3, mode }] as const
  return () => ({ bytes: Buffer.from('a key\n'), way: way as unknown as Way })
}

function by(author?: Admission['author'], anybody: Anybody = 'nothing'): Admission {
  return { hooksAs: undefined, author, readers: { groups: [], anybody, excused: new Map() }, remarks: [] }
}

describe('a file that a configuration names', () => {
  it('is read, and a key in it without the space around it', () => {
    expect(Buffer.from(readBytes('/k', by(), owned(7))).toString()).toBe('a key\n')
    expect(readKey('/k', by(), owned(7))).toBe('a key')
  })

  it('with a key is refused where others may read or change it', () => {
    expect(() => readKey('/k', by(), owned(0, 0o640))).toThrow(
      'Cannot read key file /k: its mode is 640, so others may read its keys, too; run "chmod 600 /k", or allow it by',
    )
    expect(readKey('/k', by(undefined, 'read'), owned(0, 0o640))).toBe('a key')
    expect(() => readKey('/k', by(undefined, 'read'), owned(0, 0o660))).toThrow('others may change its keys')
  })

  it('is read for another user only if that user can read it, too', () => {
    const why = `it belongs to user 0, and is named by user ${AUTHOR}, who may not read it`
    for (const read of [readKey, readBytes]) expect(() => read('/k', by(AUTHOR), owned(0))).toThrow(why)
    expect(readBytes('/k', by(AUTHOR), owned(0, 0o644))).toHaveLength(6)
    expect(readKey('/k', by(AUTHOR), owned(AUTHOR))).toBe('a key')
  })

  it('by a file that anybody may write is read only if anybody can read it, too', () => {
    expect(() => readKey('/k', by('anybody', 'change'), owned(0))).toThrow(
      'it belongs to user 0, and is named by somebody, who may not read it',
    )
    expect(readKey('/k', by('anybody', 'change'), owned(0, 0o777))).toBe('a key')
  })

  it('that is not there is told of', () => {
    const none: ReadFile = () => {
      throw new Error('ENOENT')
    }
    expect(() => readKey('/k', by(), none)).toThrow('Cannot read key file /k: ENOENT')
  })
})
