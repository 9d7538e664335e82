import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { aeadCases, cipherCases, transportCases } from '../../src/conformance/testing.js'

const ENTRY = join(import.meta.dirname, '../../src/conformance/testing.ts')
const IMPORT = /\bfrom '([^']+)'|^import '([^']+)'/gm

it('the kit of qanat/testing needs no test runner', () => {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const left = [ENTRY]
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const [, from, alone] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const target = (from ?? alone)!
      const ours = join(dirname(file), target.replace(/\.js$/, '.ts'))
      if (target.startsWith('.') && existsSync(ours)) left.push(ours)
      else packages.add(target)
    }
  }
  expect(seen.size).toBeGreaterThan(10)
  expect([...packages].filter((name) => name.includes('test'))).toEqual([])
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
  ]) {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    for (const { promise } of cases) expect(promise).toMatch(/^[A-Z`].*\.$/)
  }
})
