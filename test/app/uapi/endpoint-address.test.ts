import { expect, it } from 'vitest'
import { builtins } from '../../../src/app/builtins.js'
import { traitsIn } from '../../../src/app/plugins/part-traits.js'
import { endpointAddress } from '../../../src/app/uapi/endpoint-address.js'
import type { Link } from '../../../src/core/api/transport.js'
import { parseIpAddress } from '../../../src/core/ip/ip-address.js'

function at(link: { remote: string; source?: string } | undefined, ...endpoints: readonly string[]) {
  const source = link?.source === undefined ? new Uint8Array(0) : parseIpAddress(link.source)!
  const reached = link && ({ remote: link.remote, source } as Link)
  return endpointAddress(
    { chooser: undefined, link: reached },
    endpoints.map((text) => new URL(text)),
    traitsIn([builtins]),
  )
}

it('is where the link leads', () => {
  expect(at({ remote: 'udp://192.0.2.1:7', source: '192.0.2.1' }, 'udp://192.0.2.9:9')).toBe('192.0.2.1:7')
  expect(at({ remote: 'udp://[2001:db8::1]:7' })).toBe('[2001:db8::1]:7')
})

it('is the address behind a name, and the port of the scheme', () => {
  expect(at({ remote: 'udp://vpn.example.com:7', source: '192.0.2.1' })).toBe('192.0.2.1:7')
  expect(at({ remote: 'wss://vpn.example.com/path', source: '2001:db8::1' })).toBe('[2001:db8::1]:443')
})

it('is where a peer is to be called that has no link', () => {
  expect(at(undefined, 'udp://192.0.2.9:9', 'udp://192.0.2.8:8')).toBe('192.0.2.9:9')
})

it('is nothing for names that nobody looked up, and for peers that are waited for', () => {
  expect(at(undefined, 'udp://vpn.example.com:7')).toBeUndefined()
  expect(at({ remote: 'wss://vpn.example.com/' })).toBeUndefined()
  expect(at({ remote: 'memory' })).toBeUndefined()
  expect(at(undefined)).toBeUndefined()
})
