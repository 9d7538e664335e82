import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namesHost } from '../../../src/core/proxy/no-proxy.js'

const CASES: readonly (readonly [list: string, host: string, named: boolean])[] = [
  ['*', 'anything', true],
  ['*:443', 'anything', true],
  ['*:444', 'anything', false],
  ['', 'vpn.example.com', false],
  [' , ;', 'vpn.example.com', false],
  ['.', 'vpn.example.com.', false],
  ['example.com', 'vpn.example.com', true],
  ['.example.com', 'example.com', true],
  ['*.example.com', 'vpn.Example.COM', true],
  ['example.com', 'badexample.com', false],
  ['example.com.', 'vpn.example.com', true],
  ['example.com', 'vpn.example.com.', true],
  ['example.com.:443', 'vpn.example.com.', true],
  ['a b,vpn.example.com', 'vpn.example.com', true],
  ['localhost;vpn.example.com;10.0.0.0/8', 'vpn.example.com', true],
  ['localhost; 10.0.0.0/8', '10.1.2.3', true],
  ['vpn.example.com:443', 'vpn.example.com', true],
  ['vpn.example.com:444', 'vpn.example.com', false],
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.1.2.3', false],
  ['10.0.0.0/8:443', '10.1.2.3', true],
  ['10.0.0.0/8:444', '10.1.2.3', false],
  ['10.0.0.0/33', '10.0.0.0', false],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1:443', '127.0.0.1', true],
  ['127.0.0.1:80', '127.0.0.1', false],
  ['::1', '[::1]', true],
  ['[::1]', '[::1]', true],
  ['[::1]:443', '[::1]', true],
  ['[::1]:444', '[::1]', false],
  ['fd00::/8', '[fd12::1]', true],
  ['[fd00::]/8', '[fd12::1]', true],
  ['[fd00::]/8:444', '[fd12::1]', false],
]

describe('namesHost', () => {
  it.each(CASES)('reads %j for %s as curl and Go do: %s', (list, host, named) => {
    expect(namesHost(list, host, 443)).toBe(named)
  })

  it('finds an entry whatever stands beside it, and between which signs', () => {
    const entry = fc.constantFrom('vpn.example.com', '.example.com', 'EXAMPLE.com.', '*.com:443')
    const others = fc.array(fc.constantFrom('a.org', '10.0.0.0/8', '[::1]:443', 'example.co', ':', '/'))
    const between = fc.constantFrom(',', ';', ' ', ' , ', ',;', '\t')
    fc.assert(
      fc.property(others, entry, others, between, (before, one, after, sign) => {
        expect(namesHost([...before, one, ...after].join(sign), 'vpn.example.com', 443)).toBe(true)
        expect(namesHost([...before, ...after].join(sign), 'vpn.example.com', 443)).toBe(false)
      }),
    )
  })
})
