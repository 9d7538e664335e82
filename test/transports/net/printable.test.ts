import { expect, it } from 'vitest'
import { printable } from '../../../src/transports/net/printable.js'

it("printable makes one line of 160 printable characters at the most of somebody else's words", () => {
  expect(printable(' 403 Forbidden\r\nfake\x1b[31m line\x07ümehr ')).toBe('403 Forbidden fake [31m line mehr')
  expect(printable('x'.repeat(160))).toBe('x'.repeat(160))
  expect(printable('x'.repeat(161))).toBe(`${'x'.repeat(160)}…`)
})
