import { expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import { type Kind, writeHead } from '../../../src/transports/http/session/wire.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

it('answers each exchange with headers by which nothing on the way keeps, changes or holds back the answer', async () => {
  const parts = testParts()
  const transport = new HttpTransport(
    { localPort: 0 },
    parts,
    new WebSocketTransport({ localPort: 0 }, parts),
  )
  const listener = await transport.listen(new URL('http://127.0.0.1:0/tunnel'), new Recorder())
  afterTest(() => listener.close())
  const ask = async (kind: Kind) => {
    const body = writeHead({ kind, flags: 0, session: new Uint8Array(16), ack: 0, offset: 0, window: 0 })
    const { body: stream, headers, status } = await fetch(listener.endpoint, { method: 'POST', body })
    await stream?.cancel()
    const isChunked = headers.has('transfer-encoding')
    return { kind, status, isChunked, ...Object.fromEntries(headers) }
  }
  for (const kind of ['open', 'up', 'down', 'close'] as const) {
    expect(await ask(kind)).toMatchObject({
      ...{ kind, status: 200, isChunked: false, 'content-type': 'application/octet-stream' },
      ...{ 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' },
    })
  }
})
