import { describe, expect, it } from 'vitest'
import { inOrderOfCost } from '../../../src/transports/tls/suites.js'

describe('inOrderOfCost', () => {
  it('moves the cheapest suite to the front and leaves the others in their order', () => {
    const list = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:HIGH:!aNULL'
    expect(inOrderOfCost(list)).toBe(
      'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:HIGH:!aNULL',
    )
  })

  it('adds no suite that was taken out of the list', () => {
    expect(inOrderOfCost('TLS_AES_256_GCM_SHA384:HIGH')).toBe('TLS_AES_256_GCM_SHA384:HIGH')
  })
})
