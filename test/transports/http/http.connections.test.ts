import { beforeAll, expect, it } from 'vitest'
import { type Certificate, TestAuthority } from '../../../lab/certificates.js'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { startFront } from '../../support/http/front.js'
import { patient } from '../../support/streams/dial-wait.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const DATAGRAMS = 40
/** Bytes of a post that has data. */
const LARGE = 1_000

let authority: TestAuthority
let certificate: Certificate

beforeAll(() => {
  authority = new TestAuthority()
  certificate = authority.issue('127.0.0.1')
})

it.each([
  { takes: 'one request by each connection', requests: 1, http2: false },
  { takes: 'eight', requests: 8, http2: false },
  { takes: 'a hundred', requests: 100, http2: false },
  { takes: 'eight, of HTTP/2', requests: 8, http2: true },
  { takes: 'a hundred, of HTTP/2', requests: 100, http2: true },
])('carries all through what takes $takes', async ({ requests, http2 }) => {
  const { far, listener, transport } = await listening()
  const spoken: string[] = []
  const front = await startFront(listener.endpoint, {
    requests,
    ...(http2 && { certificate, connected: (speaks: string) => spoken.push(speaks) }),
  })
  const near = new Recorder()
  const link = await transport.dial(front, near, patient())
  afterTest(() => link.close())
  // One after another, so that each takes a post.
  for (let seed = 0; seed < DATAGRAMS; seed++) {
    link.send([pattern(3_000, seed)])
    await eventually('it arrives', () => far.arrivals.length, seed + 1)
    const back = far.arrivals[seed]!.link
    if (seed === 0) back.authenticated?.()
    back.send([pattern(3_000, seed + 1)])
    await eventually('its answer arrives', () => near.arrivals.length, seed + 1)
  }
  for (let seed = 0; seed < DATAGRAMS; seed++) {
    expect(sameBytes(far.arrivals[seed]!.bytes, pattern(3_000, seed))).toBe(true)
    expect(sameBytes(near.arrivals[seed]!.bytes, pattern(3_000, seed + 1))).toBe(true)
  }
  expect(new Set(spoken)).toEqual(new Set(http2 ? ['h2'] : []))
  if (http2) expect(spoken.length).toBeGreaterThan(requests < DATAGRAMS ? 4 : 0)
})

it('has sixteen posts under way by HTTP/2 of which none was answered, and no more', async () => {
  const { far, listener, transport } = await listening()
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  let waiting = 0
  const held = async (body: Buffer) => {
    if (body.length < LARGE) return
    waiting++
    await gate
  }
  const front = await startFront(listener.endpoint, { certificate, held })
  const near = new Recorder()
  const link = await transport.dial(front, near, patient())
  afterTest(() => link.close())
  link.send([pattern(1, 0)])
  await eventually('it arrives', () => far.arrivals.length, 1)
  const back = far.arrivals[0]!.link
  back.authenticated?.()
  back.send([pattern(1, 0)])
  await eventually('its answer arrives', () => near.arrivals.length, 1)
  link.send([pattern(1, 0)]) // its answer tells that the server keeps more now
  await eventually('it arrives', () => far.arrivals.length, 2)
  for (let seed = 0; seed < 16; seed++) {
    link.send([pattern(2 * LARGE, seed)])
    await eventually('it is on its way', () => waiting > seed)
  }
  link.send([pattern(2 * LARGE, 16)])
  for (let times = 2; times < 50; times++) {
    back.send([pattern(1, 0)])
    await eventually('one comes back meanwhile', () => near.arrivals.length, times)
  }
  expect(waiting).toBe(16)
  open()
  await eventually('all arrive', () => far.arrivals.length, 19)
})

it('offers no HTTP/2 again where that was chosen and refused', async () => {
  const { listener, transport } = await listening()
  const spoken: string[] = []
  const front = await startFront(listener.endpoint, {
    certificate,
    connected: (speaks) => spoken.push(speaks),
    judge: ({ httpVersion }) => (httpVersion === '2.0' ? { status: 505 } : undefined),
  })
  for (let dials = 0; dials < 2; dials++)
    await (await transport.dial(front, new Recorder(), patient())).close()
  expect([spoken[0], new Set(spoken.slice(1))]).toEqual(['h2', new Set(['http/1.1'])])
})

/** A server behind no front end yet, and a client that trusts the test's certificates. */
async function listening() {
  const parts = testParts()
  const far = new Recorder()
  const settings = { localPort: 0, tls: { ca: authority.ca } }
  const transport = new HttpTransport(settings, parts, new WebSocketTransport({ localPort: 0 }, parts))
  const listener = await transport.listen(new URL('http://127.0.0.1:0/tunnel'), far)
  afterTest(() => listener.close())
  return { far, listener, transport }
}

it('tells the login of a proxy to no other that a reload names while a session goes on', async () => {
  const parts = testParts()
  const far = new Recorder()
  const transport = new HttpTransport(
    { localPort: 0, proxy: { url: 'none' } },
    parts,
    new WebSocketTransport({ localPort: 0 }, parts),
  )
  const listener = await transport.listen(new URL('http://127.0.0.1:0/tunnel'), far)
  afterTest(() => listener.close())
  const through = async (proxy: URL) =>
    (await transport.renewal({ localPort: 0, proxy: { url: proxy, auth: 'basic' } })).apply()
  const logins: unknown[] = []
  const proxy = await startFront(listener.endpoint, {
    requests: 1,
    judge: ({ headers }) => void logins.push(headers['proxy-authorization']),
  })
  const asked: unknown[] = []
  const other = await startFront(listener.endpoint, { judge: ({ headers }) => void asked.push(headers) })
  await through(new URL(`http://user:secret@${proxy.host}`))
  const link = await transport.dial(listener.endpoint, new Recorder(), patient())
  afterTest(() => link.close())
  await through(new URL(`http://${other.host}`))
  for (let seed = 0; seed < 3; seed++) {
    link.send([pattern(1_000, seed)])
    await eventually('it arrives', () => far.arrivals.length, seed + 1)
  }
  expect(new Set(logins)).toEqual(new Set(['Basic dXNlcjpzZWNyZXQ=']))
  expect(asked).toEqual([])
})
