import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import type { Listener } from '../../../src/core/api/transport.js'
import { isReplaceable, type Replaceable } from '../../../src/transports/shared/replaceable.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { nativeMissing } from '../../support/native-missing.js'
import { patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

const { native } = STREAM_WAYS.at(-1)!

function replaceable(listener: Listener): Replaceable {
  if (!isReplaceable(listener)) throw new Error('nobody can take its place')
  return listener
}

it.skipIf(nativeMissing)(
  'gives its socket to the next one at the same place, if it offers that',
  async () => {
    const shared = testParts({ native })
    const received = new Recorder()
    const tcp = new TcpTransport({ localPort: 0 }, shared)
    const ws = new WebSocketTransport({ localPort: 0 }, shared)
    const old = replaceable(await tcp.listen(new URL('tcp://127.0.0.1:0'), received))
    afterTest(() => old.close())
    const place = new URL(`ws://127.0.0.1:${old.endpoint.port}/tunnel`)
    await expect(ws.listen(place, received)).rejects.toThrow('in use')
    const takeBack = old.offer()
    const next = await ws.listen(place, received)
    takeBack()
    await expect(ws.listen(place, received)).rejects.toThrow('in use')
    await old.close()
    const link = await ws.dial(next.endpoint, new Recorder(), patient())
    link.send([Uint8Array.of(7)])
    await eventually('it is heard', () => received.marks, [7])
    await link.close()
    await next.close()
    const free = createServer().listen(Number(place.port), '127.0.0.1')
    await new Promise((resolve, reject) => free.once('listening', resolve).once('error', reject))
    await new Promise((resolve) => free.close(resolve))
  },
)

it('shows other files and trusts other proxies from a renewal on, and no sooner', async () => {
  const folder = temporaryFolder()
  for (const name of ['old', 'new']) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'index.html'), name)
  }
  const websocket = (name: string) => ({ websocket: { documentRoot: join(folder, name) } })
  const ws = new WebSocketTransport({ localPort: 0, ...websocket('old') }, testParts())
  const received = new Recorder()
  const listener = await ws.listen(new URL('ws://127.0.0.1:0/tunnel'), received)
  afterTest(() => listener.close())
  const link = await ws.dial(listener.endpoint, new Recorder(), patient())
  afterTest(() => link.close())
  const page = async () => (await fetch(`http://127.0.0.1:${listener.endpoint.port}/`)).text()

  const first = await ws.renewal({ localPort: 0, groups: websocket('new') })
  expect(await page()).toBe('old')
  first.undo()
  const second = await ws.renewal({ localPort: 0, groups: websocket('new') })
  second.apply()
  expect(await page()).toBe('new')
  second.undo()
  expect(await page()).toBe('old')
  const third = await ws.renewal({ localPort: 0, groups: websocket('new') })
  third.apply()
  third.settle()
  expect(await page()).toBe('new')
  await expect(ws.renewal({ localPort: 0, groups: websocket('none') })).rejects.toThrow('document root')
  link.send([Uint8Array.of(9)])
  await eventually('the link that was there goes on', () => received.marks, [9])
})
