import { describe, expect, it } from 'vitest'
import { SetReader, type SetRequest } from '../../../src/control/uapi/set-request.js'
import { UapiError } from '../../../src/control/uapi/uapi-error.js'
import { redact } from '../../../src/core/api/redact.js'

const A = '01'.repeat(32)
const B = '02'.repeat(32)
const ZERO = '00'.repeat(32)
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')

function read(...lines: readonly string[]): SetRequest {
  const reader = new SetReader()
  for (const line of lines) reader.line(line)
  return reader.request
}

describe('SetReader', () => {
  it('reads what concerns the device', () => {
    const lines = [`private_key=${A}`, 'listen_port=51820', 'fwmark=4294967295', 'replace_peers=true']
    expect(read(...lines)).toEqual({
      privateKey: base64(A),
      listenPort: 51820,
      mark: 4294967295,
      replacesPeers: true,
      peers: [],
    })
  })

  it('leaves as it is what no line names', () => {
    expect(read()).toEqual({ replacesPeers: false, peers: [] })
    expect(read(`public_key=${A}`).peers).toEqual([
      { publicKey: base64(A), removes: false, onlyUpdates: false, ranges: [] },
    ])
  })

  it('reads what concerns peers, in the order of the lines', () => {
    const { peers } = read(
      `public_key=${A}`,
      'update_only=true',
      `preshared_key=${B}`,
      'endpoint=192.0.2.1:51820',
      'persistent_keepalive_interval=25',
      'allowed_ip=10.0.0.0/8',
      'replace_allowed_ips=true',
      'allowed_ip=::/0',
      'allowed_ip=-10.1.0.0/16',
      'protocol_version=1',
      `public_key=${B}`,
      'remove=true',
    )
    expect(peers).toEqual([
      {
        publicKey: base64(A),
        removes: false,
        onlyUpdates: true,
        presharedKey: base64(B),
        endpoint: new URL('udp://192.0.2.1:51820'),
        keepalive: 25,
        ranges: [
          { adds: true, range: expect.objectContaining({ text: '10.0.0.0/8' }) },
          'clear',
          { adds: true, range: expect.objectContaining({ text: '::/0' }) },
          { adds: false, range: expect.objectContaining({ text: '10.1.0.0/16' }) },
        ],
      },
      { publicKey: base64(B), removes: true, onlyUpdates: false, ranges: [] },
    ])
  })

  it('takes zeros for no key, but no peer is called by them', () => {
    expect(read(`private_key=${ZERO}`).privateKey).toBeNull()
    expect(read(`public_key=${A}`, `preshared_key=${ZERO}`).peers[0]!.presharedKey).toBeNull()
    expect(() => read(`public_key=${ZERO}`)).toThrow('public_key is zero')
  })

  it('reads an endpoint at the link of an interface', () => {
    const [peer] = read(`public_key=${A}`, 'endpoint=[fe80::1%7]:1').peers
    expect(redact(peer!.endpoint!)).toBe('[fe80::1%7]:1')
  })

  it('reads an endpoint of IPv6', () => {
    expect(read(`public_key=${A}`, 'endpoint=[2001:db8::1]:1').peers[0]!.endpoint).toEqual(
      new URL('udp://[2001:db8::1]:1'),
    )
  })

  it.each([
    ['no equals sign', -71, ['private_key']],
    ['an unknown key of the device', -22, ['mtu=1420']],
    ['an unknown key of a peer', -22, [`public_key=${A}`, 'listen_port=1']],
    ['a key that is too short', -22, [`private_key=${A.slice(1)}`]],
    ['a key in base64', -22, [`private_key=${base64(A)}`]],
    ['a port beyond 65535', -22, ['listen_port=65536']],
    ['a negative port', -22, ['listen_port=-1']],
    ['a port in hexadecimal', -22, ['listen_port=0x10']],
    ['no port', -22, ['listen_port=']],
    ['a mark beyond 32 bits', -22, ['fwmark=4294967296']],
    ['another word than true', -22, ['replace_peers=false']],
    ['remove with another word', -22, [`public_key=${A}`, 'remove=1']],
    ['an endpoint with a name', -22, [`public_key=${A}`, 'endpoint=example.com:51820']],
    ['an endpoint without a port', -22, [`public_key=${A}`, 'endpoint=192.0.2.1']],
    ['an endpoint at port 0', -22, [`public_key=${A}`, 'endpoint=192.0.2.1:0']],
    ['an endpoint of IPv6 without brackets', -22, [`public_key=${A}`, 'endpoint=2001:db8::1:80']],
    ['an endpoint of IPv4 in brackets', -22, [`public_key=${A}`, 'endpoint=[192.0.2.1]:80']],
    ['a range without bits', -22, [`public_key=${A}`, 'allowed_ip=10.0.0.1']],
    ['a range of too many bits', -22, [`public_key=${A}`, 'allowed_ip=10.0.0.1/33']],
    ['a keepalive beyond 16 bits', -22, [`public_key=${A}`, 'persistent_keepalive_interval=65536']],
    ['another version', -22, [`public_key=${A}`, 'protocol_version=2']],
  ])('refuses %s', (_what, errno, lines) => {
    expect(() => read(...lines)).toThrow(expect.objectContaining({ errno }))
  })

  it('tells nothing of a key that it refuses', () => {
    const secret = `${A.slice(2)}x`
    let message = ''
    try {
      read(`private_key=${secret}`)
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(UapiError)
      message = (thrown as Error).message
    }
    expect(message).toBe('private_key is not 64 hexadecimal digits')
  })
})
