import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../../lab/certificates.js'
import { Recorder } from '../../../../src/conformance/kit/recorder.js'
import { WebSocketTransport } from '../../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../../support/after-test.js'
import { eventually } from '../../../support/eventually.js'
import { patient } from '../../../support/streams/dial-wait.js'
import { STREAM_WAYS, testParts } from '../../../support/streams/stream-test-parts.js'

const run = promisify(execFile)
const authority = new TestAuthority()
const { ca } = authority
const byDefault = authority.issue('first.example')
const wild = authority.issue('*.wild.example')
const exact = authority.issue('vpn.wild.example')
const later = authority.issue('later.example')
const further = [wild, exact].map(({ cert, key }) => ({ cert, key }))

describe.each(STREAM_WAYS)('a server of several names, $way', ({ native }) => {
  async function listening() {
    const received = new Recorder()
    const tls = { cert: byDefault.cert, key: byDefault.key, further }
    const server = new WebSocketTransport({ localPort: 0, tls }, testParts({ native }))
    const listener = await server.listen(new URL('wss://127.0.0.1:0/door'), received)
    afterTest(() => listener.close())
    return { server, endpoint: listener.endpoint, received, tls }
  }

  /** The name in the certificate that OpenSSL is shown that asks for `name`. */
  async function shownTo(name: string | undefined, { port }: URL): Promise<string> {
    const asks = name === undefined ? '-noservername' : `-servername ${name}`
    const client = run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...asks.split(' ')])
    client.child.stdin!.end()
    const pem = /-----BEGIN[\s\S]*?-----END CERTIFICATE-----/.exec((await client).stdout)![0]
    const reads = run('openssl', ['x509', '-noout', '-ext', 'subjectAltName'])
    reads.child.stdin!.end(pem)
    return /DNS:(\S+)/.exec((await reads).stdout)![1]!
  }

  it('shows OpenSSL the certificate of the name that it asks for, and the first one for none and others', async () => {
    const { endpoint } = await listening()
    const asked = [
      'first.example',
      'a.wild.example',
      'VPN.wild.example',
      'a.b.wild.example',
      'other',
      undefined,
    ]
    const shown = []
    for (const name of asked) shown.push(await shownTo(name, endpoint))
    expect(shown).toEqual([
      'first.example',
      '*.wild.example',
      'vpn.wild.example',
      'first.example',
      'first.example',
      'first.example',
    ])
  })

  it('carries clients of each of its names, which check that, and no others', async () => {
    const { endpoint, received } = await listening()
    const dial = (serverName: string) => {
      const client = new WebSocketTransport({ localPort: 0, tls: { ca, serverName } }, testParts({ native }))
      return client.dial(endpoint, new Recorder(), patient())
    }
    for (const [index, name] of ['first.example', 'b.wild.example', 'vpn.wild.example'].entries()) {
      const link = await dial(name)
      afterTest(() => link.close())
      link.send([Uint8Array.of(index)])
      await eventually('it arrives', () => received.arrivals.length === index + 1)
    }
    await expect(dial('stranger.example')).rejects.toThrow(/stranger\.example/)
  })

  it('shows other certificates after a renewal, and drops nobody', async () => {
    const { endpoint, received, server, tls } = await listening()
    const client = new WebSocketTransport(
      { localPort: 0, tls: { ca, serverName: 'a.wild.example' } },
      testParts({ native }),
    )
    const link = await client.dial(endpoint, new Recorder(), patient())
    afterTest(() => link.close())
    const renewed = { ...tls, further: [{ cert: later.cert, key: later.key }] }
    const wrong = { ...tls, further: [{ cert: later.cert, key: exact.key }] }
    await expect(server.renewal({ localPort: 0, groups: { tls: wrong } })).rejects.toThrow(
      /key values mismatch/,
    )
    expect(await shownTo('vpn.wild.example', endpoint)).toBe('vpn.wild.example')
    ;(await server.renewal({ localPort: 0, groups: { tls: renewed } })).apply()
    expect(await shownTo('later.example', endpoint)).toBe('later.example')
    expect(await shownTo('vpn.wild.example', endpoint)).toBe('first.example')
    link.send([Uint8Array.of(1)])
    await eventually('it arrives', () => received.arrivals.length === 1)
  })
})
