import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { expect, it } from 'vitest'
import { Faults } from '../../../src/app/faults/faults.js'
import { GuardedTransport } from '../../../src/app/faults/guarded-transport.js'
import { inScope, outcomeOf, outOfScope } from '../../../src/app/faults/plugin-scope.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { Transport } from '../../../src/core/api/transport.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { streamLink } from '../../../src/transports/streams/stream-link.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'

const wait = patient()

/** A plugin's transport, and what is warned of it. */
function guarded(transport: Partial<Transport>) {
  const warnings: string[] = []
  const log = { ...silentLogger, warn: (line: string) => void warnings.push(line) }
  const faults = new Faults({ plugin: 'p', what: "transport 't' of plugin 'p'", log, clock: systemClock })
  return { transport: new GuardedTransport(transport as Transport, faults), warnings }
}

/** One that listens at a free port and does so with what comes. */
function listening(onSocket: (socket: net.Socket) => void) {
  return guarded({
    async listen() {
      const server = net.createServer(onSocket)
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { port } = server.address() as net.AddressInfo
      const close = async () => void server.close()
      return { endpoint: new URL(`t://127.0.0.1:${port}`), close }
    },
  })
}

async function connectTo({ transport }: ReturnType<typeof listening>) {
  const listener = await transport.listen(new URL('t://127.0.0.1:0'), new Recorder())
  afterTest(() => listener.close())
  return () => net.connect(Number(listener.endpoint.port), '127.0.0.1')
}

it.each<[string, (socket: net.Socket) => void]>([
  [
    'a listener of data throws',
    (socket) =>
      socket.on('data', (bytes) => {
        if (bytes[0] === 0x78) throw new Error('boom')
        socket.write('ok')
      }),
  ],
  [
    'a failure of the socket is listened to by nobody',
    (socket) =>
      socket.on('data', (bytes) => {
        if (bytes[0] === 0x78) socket.emit('error', new Error('boom'))
        socket.write('ok')
      }),
  ],
])('a connection that a plugin accepted is destroyed, and no other, if %s', async (_what, onSocket) => {
  const listener = listening(onSocket)
  const connect = await connectTo(listener)
  const [bad, good] = [connect(), connect()]
  bad.write('x')
  await once(bad, 'close')
  good.write('y')
  expect(String((await once(good, 'data'))[0])).toBe('ok')
  good.destroy()
  expect(listener.warnings).toEqual([
    "transport 't' of plugin 'p' failed in 'receive', and the tunnel goes on",
  ])
})

it('what a listener does later for a connection that was accepted is still the plugin’s', async () => {
  const outcomes: unknown[] = []
  const listener = listening((socket) =>
    socket.on('data', () => setImmediate(() => outcomes.push(outcomeOf(new Error('boom'))))),
  )
  const connect = await connectTo(listener)
  const socket = connect()
  socket.write('x')
  await once(socket, 'close')
  expect(outcomes).toEqual([undefined])
  expect(listener.warnings).toHaveLength(1)
})

it('a dial fails if its socket does and nobody listens to that, and names the plugin', async () => {
  const { transport } = guarded({ dial: () => new Promise(() => void net.connect(1, '127.0.0.1')) })
  await expect(transport.dial(new URL('t://x'), new Recorder(), wait)).rejects.toMatchObject({
    code: 'ERR_PLUGIN_FAULT',
    message: expect.stringMatching(
      /^Cannot dial by transport 't' of plugin 'p': 'receive' failed: connect E/,
    ),
  })
})

it('a link that was dialled is closed by what a listener of its socket throws', async () => {
  const server = net.createServer((socket) => socket.write('x')).listen(0, '127.0.0.1')
  afterTest(() => void server.close())
  await once(server, 'listening')
  const recorder = new Recorder()
  const { transport } = guarded({
    async dial(_endpoint, handlers) {
      const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
      await once(socket, 'connect')
      setImmediate(() =>
        socket.prependListener('data', () => {
          throw new Error('boom')
        }),
      )
      return streamLink(socket, { remote: 't://x' }, handlers)
    },
  })
  const link = await transport.dial(new URL('t://x'), recorder, wait)
  await eventually('the link ends', () => recorder.ends.length, 1)
  expect(recorder.ends).toEqual([
    { link, error: expect.objectContaining({ plugin: 'p', operation: 'receive' }) },
  ])
})

it('a socket for datagrams stays, whatever a stranger’s made its listener throw', async () => {
  const thrown: unknown[] = []
  const scope = { threw: (error: unknown) => void thrown.push(error) as undefined }
  const socket = inScope(scope, () => dgram.createSocket('udp4'))
  afterTest(() => void socket.close())
  let came = 0
  socket.on('message', () => {
    came++
    throw new Error('boom')
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const sender = dgram.createSocket('udp4')
  afterTest(() => void sender.close())
  for (const wanted of [1, 2]) {
    sender.send('x', socket.address().port, '127.0.0.1')
    await eventually('it comes', () => came, wanted)
  }
  expect(thrown).toEqual([new Error('boom'), new Error('boom')])
})

it('what Qanat itself does when a plugin calls is no matter of the plugin', () => {
  const error = new Error('a bug')
  const scope = { threw: () => undefined }
  const outcomes = inScope(scope, () => [outcomeOf(error), outOfScope(() => outcomeOf(error))])
  expect([outcomes, outcomeOf(error)]).toEqual([[undefined, error], error])
})
