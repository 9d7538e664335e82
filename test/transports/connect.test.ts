import { describe, expect, it } from 'vitest'
import { alternating } from '../../src/transports/connect.js'
import type { Resolved } from '../../src/transports/resolve.js'

describe('alternating', () => {
  it('takes turns between the families, beginning with the preferred one', () => {
    expect(order('6a 6b 6c 4a 4b')).toBe('6a 4a 6b 4b 6c')
    expect(order('4a 6a 6b')).toBe('4a 6a 6b')
    expect(order('4a 4b')).toBe('4a 4b')
  })
})

function order(names: string): string {
  const addresses = names
    .split(' ')
    .map((name): Resolved => ({ address: name, family: name[0] === '6' ? 6 : 4 }))
  return alternating(addresses)
    .map(({ address }) => address)
    .join(' ')
}
