import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { PostConnections } from '../../../../src/transports/http/posting/post-connections.js'
import { afterTest } from '../../../support/after-test.js'
import { eventually } from '../../../support/eventually.js'
import { handMadeServer } from '../../../support/hand-made-server.js'

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('PostConnections', () => {
  it('uses a connection again once its answer is whole, and another one before', async () => {
    const { post, server } = await made((socket, received) => {
      if (received.endsWith('post')) socket.write(ANSWER)
    })
    const first = post()
    const second = post()
    await eventually(
      'both are answered',
      () => [first, second].filter(({ told }) => told.includes('ended')).length,
      2,
    )
    expect(server.sockets.length).toBe(2)
    const third = post()
    await eventually('it is answered', () => third.told.includes('ended'))
    expect(third.told).toEqual(['sent', 'began', '200', 'ok', 'ended'])
    expect(server.sockets.length).toBe(2)
  })

  it('tells of one that was used before and ended without a byte that it was stale', async () => {
    const { post } = await made((socket, received) => {
      if (received === 'post') socket.write(ANSWER)
      if (received === 'postpost') socket.end()
    })
    const first = post()
    await eventually('it is answered', () => first.told.includes('ended'))
    const second = post()
    await eventually('it broke', () => second.told.length > 1)
    expect(second.told).toEqual(['sent', 'post-closed stale closed'])
  })

  it('tells an end amid an answer from one before it', async () => {
    const { post } = await made((socket, received) => {
      if (received === 'post') socket.end(ANSWER.slice(0, -1))
    })
    const one = post()
    await eventually('it broke', () => one.told.length > 4)
    expect(one.told).toEqual(['sent', 'began', '200', 'o', 'post-cut'])
  })

  it('does not take a connection for closed without a byte that ended within a head', async () => {
    const { post } = await made((socket, received) => {
      if (received === 'post') socket.end('HTTP/1.1 407 Who\r\nProxy-Auth')
    })
    const one = post()
    await eventually('it broke', () => one.told.length > 2)
    expect(one.told).toEqual(['sent', 'began', 'post-cut'])
  })

  it('says nothing more of what was given up, and does not use its connection again', async () => {
    const { post, server } = await made((socket, received) => {
      if (received.endsWith('last')) socket.write(ANSWER)
    })
    const first = post()
    await eventually('it is on its way', () => first.told.length, 1)
    first.giveUp()
    const early = post('last')
    early.giveUp()
    const last = post('last')
    await eventually('it is answered', () => last.told.includes('ended'))
    expect(first.told).toEqual(['sent'])
    expect(early.told).toEqual([])
    expect(server.sockets[0]!.destroyed || server.received[0] === 'post').toBe(true)
  })

  it('does not use a connection again that says more than it was asked', async () => {
    const { post, server } = await made((socket, received) => {
      if (received === 'post') socket.write(`${ANSWER}HTTP/1.1 200 OK\r\n`)
      else if (received === 'other') socket.write(ANSWER)
    })
    const first = post()
    await eventually('it is answered', () => first.told.includes('ended'))
    const other = post('other')
    await eventually('it is answered', () => other.told.includes('ended'))
    expect(server.sockets.length).toBe(2)
  })
})

async function made(serve: (socket: net.Socket, received: string) => void) {
  const server = await handMadeServer(serve)
  afterTest(() => server.close())
  const connections = new PostConnections(
    () =>
      new Promise((resolve) => {
        const socket = net.connect(server.port, '127.0.0.1', () => resolve(socket))
      }),
    'the server',
  )
  afterTest(() => connections.close())
  const post = (head = 'post') => {
    const told: string[] = []
    const giveUp = connections.post(head, [], {
      sent: () => told.push('sent'),
      began: () => told.push('began'),
      head: ({ status }) => told.push(String(status)),
      body: (bytes) => told.push(Buffer.from(bytes).toString()),
      ended: () => told.push('ended'),
      broke: ({ wasClosed, wasStale, why }) =>
        told.push([why.code, ...(wasStale ? ['stale'] : []), ...(wasClosed ? ['closed'] : [])].join(' ')),
    })
    return { told, giveUp }
  }
  return { post, server }
}
