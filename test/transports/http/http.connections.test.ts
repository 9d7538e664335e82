import { expect, it } from 'vitest'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { startFront } from '../../support/http/front.js'
import { patient } from '../../support/streams/dial-wait.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const DATAGRAMS = 40

it.each([
  { takes: 'one request by each connection', requests: 1 },
  { takes: 'eight', requests: 8 },
  { takes: 'a hundred', requests: 100 },
])('carries all through what takes $takes', async ({ requests }) => {
  const parts = testParts()
  const far = new Recorder()
  const transport = new HttpTransport(
    { localPort: 0 },
    parts,
    new WebSocketTransport({ localPort: 0 }, parts),
  )
  const listener = await transport.listen(new URL('http://127.0.0.1:0/tunnel'), far)
  afterTest(() => listener.close())
  const front = await startFront(listener.endpoint, { requests })
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
})

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
