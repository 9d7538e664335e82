import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { DialStep } from '../../src/core/api/transport.js'
import { end, handlers, natsTransport, undo } from './nats-lab.js'

const INFO = 'INFO {"server_id":"N","version":"2.9.0","max_payload":1048576,"headers":true}\r\n'

/** A server that answers so many questions, and is silent from then on, or ends the connection. Its HOST:PORT. */
async function tired(answers: number, then: (socket: Socket) => unknown): Promise<string> {
  const server = createServer((socket) => {
    let left = answers
    socket.on('error', () => {})
    socket.write(INFO)
    socket.on('data', (bytes) => {
      for (const _ of bytes.toString().matchAll(/^PING\r$/gm)) {
        if (left-- > 0) socket.write('PONG\r\n')
        else then(socket)
      }
    })
    undo.push(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

// The first question comes with the connection, the second with no subscriptions, the third asks whether the server lives,
// and the fourth comes with the subscriptions.
describe.each([0, 1, 2, 3])('a server that answered %i questions', (answers) => {
  it('and ends the connection is not waited for', async () => {
    const host = await tired(answers, (socket) => socket.destroy())
    await expect(end([host]).dial(handlers({}))).rejects.toMatchObject({ code: 'ERR_TRANSPORT_DIAL' })
  })

  it('and is silent then is not waited for once the dial is called off', async () => {
    const stop = new AbortController()
    const host = await tired(answers, () => stop.abort())
    const transport = natsTransport({ pingEvery: 60_000 })
    const wait = { signal: stop.signal, step() {} }
    const dialled = transport.dial(new URL(`nats://${host}/tests`), handlers({}), wait)
    await expect(dialled).rejects.toMatchObject({ code: 'ERR_TRANSPORT_DIAL' })
  })
})

it.each([
  [0, ['server'], 'none of the NATS servers took the connection'],
  [1, ['server'], 'none of the NATS servers took the connection'],
  [3, ['server', 'subscribe'], 'the NATS server took the connection and did not confirm the subscription'],
])('is told by its step if it is silent after %i answers', async (answers, steps, why) => {
  const stop = new AbortController()
  const host = await tired(answers, () => stop.abort())
  const told: [name: string, late: unknown][] = []
  const step: DialStep = (name, _limit, late) => void told.push([name, late])
  const dialled = natsTransport({ pingEvery: 60_000 }).dial(new URL(`nats://${host}/tests`), handlers({}), {
    signal: stop.signal,
    step,
  })
  await expect(dialled).rejects.toMatchObject({ code: 'ERR_TRANSPORT_DIAL' })
  expect(told.map(([name]) => name)).toEqual(steps)
  expect(told.at(-1)![1]).toBe(why)
})

it.each([1, 2, 3])('is not waited for for ever if it is silent after %i answers', async (answers) => {
  const host = await tired(answers, () => {})
  await expect(end([host]).listen(handlers({}))).rejects.toMatchObject({ code: 'ERR_TRANSPORT_LISTEN' })
})
