import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as entry from '../../src/core/entry.js'
import * as qanat from '../../src/index.js'
import { importedBy } from '../support/sources/imported.js'

it('qanat/plugin needs nothing of Node, no tsyringe, and no other package', () => {
  const { files, packages } = importedBy(join(import.meta.dirname, '../../src/core/entry.ts'))
  expect(files.size).toBeGreaterThan(20)
  expect([...packages]).toEqual([])
})

it('qanat/plugin has what qanat has under the same names', () => {
  expect(Object.keys(entry)).toEqual(expect.arrayContaining(['definePlugin', 'editPacket', 'TransportError']))
  expect(qanat).toMatchObject({ ...entry })
})
