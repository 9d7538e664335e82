import { expect, it } from 'vitest'
import { quoted } from '../../../src/transports/dialing/certificate-refusal.js'

it.each([
  [undefined, "'nobody'"], // a certificate that names none, which X.509 allows
  ['C=DE\nO=Example\nCN=Example Root', "'CN=Example Root'"],
  ['C=DE\nO=Example', "'C=DE, O=Example'"],
  ['CN=\u001b[2J\u0007', undefined],
  [`CN=${'x'.repeat(1_000)}`, undefined],
])('a message can hold the name of a certificate: %j', (name, expected) => {
  const text = quoted(name)
  if (expected !== undefined) expect(text).toBe(expected)
  expect(text).toMatch(/^'[\x20-\x7e]{1,80}'$/)
})
