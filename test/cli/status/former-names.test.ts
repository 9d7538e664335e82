import { expect, it } from 'vitest'
import { withFormerNames } from '../../../src/cli/status/former-names.js'

it('counts drops under the names of version 0.1, too', () => {
  expect(withFormerNames({ 'cipher.authFailed': 2, 'pump.unknownSource': 1, 'pump.isolated': 3 })).toEqual({
    'cipher.authFailed': 2,
    'cipher.unauthentic': 2,
    'pump.unknownSource': 1,
    'pump.stranger': 1,
    'pump.isolated': 3,
  })
  expect(withFormerNames({ unauthenticated: 1 })).toEqual({ unauthenticated: 1, unproven: 1 })
})
