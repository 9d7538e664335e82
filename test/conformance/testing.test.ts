import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as conformance from '../../src/conformance/index.js'
import * as testing from '../../src/conformance/testing.js'
import { aeadCases, cipherCases, hookCases, transportCases, tunCases } from '../../src/conformance/testing.js'
import { importedBy } from '../support/sources/imported.js'

it('the kit of qanat/testing needs no test runner', () => {
  const { files, packages } = importedBy(join(import.meta.dirname, '../../src/conformance/testing.ts'))
  expect(files.size).toBeGreaterThan(10)
  expect([...packages].filter((name) => name.includes('test'))).toEqual([])
})

it('qanat/conformance has all that qanat/testing has, as it is there', () => {
  expect(Object.keys(testing)).toEqual(
    expect.arrayContaining(['kitCases', 'pluginContext', 'transportCases']),
  )
  expect({ ...conformance }).toMatchObject({ ...testing })
})

it('its cases have names of their own, and each has the sentence of the contract', () => {
  const setup = () => {
    throw new Error('no case is run')
  }
  const sessions = { rekeyAfter: 1, idleAfter: 1, extended: true }
  const aead = { keyBytes: 32, nonceBytes: 12, tagBytes: 16, seal: setup, open: setup }
  for (const cases of [
    aeadCases({ aead, vectors: [] }),
    cipherCases({ setup, authenticates: true, sessions }),
    transportCases({ setup, stream: true }),
    transportCases({ setup, stream: false }),
    hookCases({ setup }),
    tunCases({ setup }),
  ]) {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    for (const { promise } of cases) expect(promise).toMatch(/^[A-Z`].*\.$/)
  }
})
