import * as v from 'valibot'
import { expect, it } from 'vitest'
import { endpoint, listenEndpoint } from '../../../src/config/schema/values.js'

const REACHED = 'a URL such as udp://vpn.example.org:51820 or wss://host/path'

it.each([
  ['udp://[::1]:0', `${REACHED}; '0' is not within 1 to 65535`],
  ['udp://user:hidden@vpn.example.org:99999', `${REACHED}; its port is above 65535`],
  ['mine://vpn.example.org:99999/path', `${REACHED}; its port is above 65535`],
  ['udp://vpn.example.org:1#hidden', `${REACHED}; it has a '#', and no endpoint a fragment`],
  ['udp://vpn.example.org :1', `${REACHED}; it holds white space`],
  ['udp://192.0.2.300:1', `${REACHED}; '192.0.2.300' is not an IPv4 address`],
  ['vpn.example.org', REACHED],
  ['udp://', REACHED],
])('says what is wrong with the endpoint %s, and nothing secret of it', (text, why) => {
  const { issues } = v.safeParse(endpoint(), text)
  expect(issues?.map(({ message }) => message)).toEqual([why])
})

it('lets an end listen at a port that the kernel picks', () => {
  expect(v.safeParse(listenEndpoint(), 'udp://[::]:0').success).toBe(true)
  expect(v.safeParse(listenEndpoint(), 'udp://[::]:65536').success).toBe(false)
})
