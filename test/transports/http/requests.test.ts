import { expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { parseProxies } from '../../../src/core/proxy/proxy-url.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import { ProxyLogins } from '../../../src/transports/proxy/proxy-logins.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { handMadeServer } from '../../support/hand-made-server.js'
import { patient } from '../../support/streams/dial-wait.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const HEAD_END = '\r\n\r\n'

it('tells a proxy that wants Digest a name that is not ASCII, in UTF-8', async () => {
  const { proxy, dial } = await behindProxy({ user: 'ключ' })
  await expect(dial()).rejects.toThrow(/: the proxy \S+, or the server behind it, answered a post by 403 No$/)
  const name = Buffer.from('ключ').toString('latin1')
  expect(proxy.received.join('')).toContain(`Digest username="${name}", realm="r", nonce="n"`)
})

it('ends a dial at a login that no header can hold, and not the process', async () => {
  const { dial, logins, url } = await behindProxy({ user: 'user' })
  const parameters = new Map(Object.entries({ realm: '\u0001', nonce: 'n' })) // as CONNECT may have been refused
  const challenge = { scheme: 'digest', parameters }
  logins.at(parseProxies(url.href)[0]!).accepted = { scheme: 'digest', challenge, count: 0 }
  await expect(dial()).rejects.toThrow(/: Invalid character in header content/)
})

it('has a proxy keep to itself the headers that are for it', async () => {
  const headers = { 'X-Token': 'secret', 'User-Agent': 'Mozilla/5.0' }
  const { proxy, dial } = await behindProxy({ user: 'user', headers })
  await expect(dial()).rejects.toThrow(/403 No$/)
  expect(proxy.received.join('')).toContain('\r\nConnection: keep-alive, X-Token\r\n')
})

/** A proxy that wants Digest, and refuses who logs in. */
async function behindProxy({ user, headers = {} }: { user: string; headers?: Record<string, string> }) {
  const proxy = await handMadeServer((socket, received) => {
    if (!received.includes(HEAD_END)) return
    const asks = 'HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm="r", nonce="n"'
    const answer = received.includes('Proxy-Authorization:') ? 'HTTP/1.1 403 No' : asks
    socket.end(`${answer}\r\nConnection: close\r\nContent-Length: 0${HEAD_END}`)
  })
  afterTest(() => proxy.close())
  const url = new URL(`http://${encodeURIComponent(user)}:secret@127.0.0.1:${proxy.port}`)
  const logins = new ProxyLogins(systemClock)
  const parts = testParts({ proxyLogins: logins })
  const settings = { localPort: 0, proxy: { url, headers } }
  const transport = new HttpTransport(settings, parts, new WebSocketTransport(settings, parts))
  const dial = () => transport.dial(new URL('http://127.0.0.1:9/tunnel'), new Recorder(), patient())
  return { dial, logins, proxy, url }
}
