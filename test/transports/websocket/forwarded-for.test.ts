import { describe, expect, it } from 'vitest'
import { ForwardedFor } from '../../../src/transports/websocket/forwarded-for.js'

describe('ForwardedFor', () => {
  const forwardedFor = new ForwardedFor(['10.0.0.0/8', '::1', '192.0.2.1'])

  it('takes the address behind a trusted proxy', () => {
    expect(forwardedFor.source('10.1.2.3', '203.0.113.9')).toBe('203.0.113.9')
    expect(forwardedFor.source('::ffff:10.1.2.3', ' 203.0.113.9 ')).toBe('203.0.113.9')
    expect(forwardedFor.source('::1', '2001:db8::7')).toBe('2001:db8::7')
  })

  it('ignores the header of anybody else', () => {
    expect(forwardedFor.source('203.0.113.1', '198.51.100.1')).toBe('203.0.113.1')
    expect(new ForwardedFor().source('10.1.2.3', '198.51.100.1')).toBe('10.1.2.3')
  })

  it('stops at the first address that is not trusted, for what stands before it may be made up', () => {
    expect(forwardedFor.source('10.1.2.3', '198.51.100.1, 203.0.113.9, 192.0.2.1')).toBe('203.0.113.9')
  })

  it('falls back to the nearest address that it can read', () => {
    expect(forwardedFor.source('10.1.2.3', undefined)).toBe('10.1.2.3')
    expect(forwardedFor.source('10.1.2.3', 'unknown')).toBe('10.1.2.3')
    expect(forwardedFor.source('10.1.2.3', 'nonsense, 192.0.2.1')).toBe('192.0.2.1')
    expect(forwardedFor.source(undefined, '198.51.100.1')).toBeUndefined()
  })

  it('refuses networks that are none', () => {
    for (const network of ['10.0.0.0/33', 'proxy.example.com', '10.0.0.0/8/8', '']) {
      expect(() => new ForwardedFor([network])).toThrow(/^Cannot trust the proxy/)
    }
  })
})
