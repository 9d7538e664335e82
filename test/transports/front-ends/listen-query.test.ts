import { describe, expect, it } from 'vitest'
import { readListenQuery } from '../../../src/transports/front-ends/listen-query.js'

const read = (query: string) => readListenQuery(new URL(`ws://[::]:80/tunnel${query}`))

describe('readListenQuery', () => {
  it('reads who speaks the PROXY protocol, and the Unix socket', () => {
    expect(read('')).toEqual({})
    const { proxyProtocol } = read('?proxy-protocol=10.0.0.5,fd00::/8')
    expect(['10.0.0.5', 'fd12::1', '10.0.0.6'].map((address) => proxyProtocol!.has(address))).toEqual([
      true,
      true,
      false,
    ])
    expect(read('?unix=/run/qanat/ws.sock')).toEqual({ unix: { path: '/run/qanat/ws.sock', mode: 0o660 } })
    expect(read('?unix=/run/a%20b&unix-mode=0666').unix).toEqual({ path: '/run/a b', mode: 0o666 })
  })

  it.each([
    ['?proxy-protocol=', /^Cannot trust the proxy ''/],
    ['?proxy-protocol=yes', /^Cannot trust the proxy 'yes'/],
    ['?proxy=10.0.0.1', /^Cannot listen on ws:\/\/\[::\]\/tunnel: its query may have/],
    ['?unix=/a&unix=/b', /: its query has 'unix' twice$/],
    ['?unix=run/x', /: 'unix' is the whole path of a socket, such as \/run\/qanat\/ws.sock$/],
    ['?unix=/a&unix-mode=rw', /: 'unix-mode' is three octal digits such as 0660$/],
    ['?unix-mode=0660', /: 'unix-mode' is for 'unix' alone$/],
  ])('refuses %s', (query, message) => {
    expect(() => read(query)).toThrow(message)
  })
})
