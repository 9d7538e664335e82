import { describe, expect, it } from 'vitest'
import { handOver, takeOver } from '../../../src/cli/run/handed-files.js'
import type { FileRead, ReadFile } from '../../../src/config/trust/read-file.js'

const FILES: Readonly<Record<string, FileRead>> = Object.fromEntries(
  ['/etc/qanat/a.toml', '/etc/qanat/key', '/etc/shadow'].map((path, uid) => [
    path,
    { bytes: new Uint8Array([uid, 255, 0, 10]), way: [{ path, kind: 'file', uid, gid: 0, mode: 0o600 }] },
  ]),
)
const read: ReadFile = (path) => FILES[path]!

describe('files that are handed over', () => {
  it('are those that were asked for, as they were read, and no others', () => {
    const line = handOver((reading) => void [reading('/etc/qanat/a.toml'), reading('/etc/qanat/key')], read)
    expect(line).not.toContain('\n')
    const taken = takeOver(line)
    for (const path of ['/etc/qanat/a.toml', '/etc/qanat/key']) {
      const { bytes, way } = taken(path)
      expect({ bytes: new Uint8Array(bytes), way }).toEqual(FILES[path])
    }
    expect(() => taken('/etc/shadow')).toThrow('it was not handed over')
  })

  it('are none if one of them is refused, which is said in the same words', () => {
    const line = handOver((reading) => {
      reading('/etc/qanat/key')
      throw new Error('Cannot use a.toml: no\nnor that')
    }, read)
    expect(line).not.toContain(Buffer.from(FILES['/etc/qanat/key']!.bytes).toString('base64'))
    expect(() => takeOver(line)).toThrow('Cannot use a.toml: no\nnor that')
  })
})
