import { once } from 'node:events'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import { askOverTcp, MAX_ANSWER, type StreamParts } from '../../../src/transports/dns/ask-over-tcp.js'
import { encodeQuestion, type Question } from '../../../src/transports/dns/dns-message.js'
import { answerTo } from '../../support/dns/answers.js'
import { eventually, turns } from '../../support/eventually.js'

const QUESTION: Question = { id: 0xbeef, name: 'vpn.example.org', family: 4 }
const asked = Buffer.from(encodeQuestion(QUESTION)!)
const ANSWER = answerTo(asked, { 'vpn.example.org': ['192.0.2.1', '192.0.2.2'] })
const LIMIT = 1_000

let server: net.Server
let drops: { malformed: number; unrelated: number }
beforeEach(() => {
  drops = { malformed: 0, unrelated: 0 }
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

/** Starts a name server that does this with each connection, and asks it. */
async function ask(serve: (socket: net.Socket) => void, clock: StreamParts['clock'] = systemClock) {
  server = net.createServer((socket) => serve(socket.on('error', () => {}))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const connectTo: StreamParts['connectTo'] = (address, wanted, outcome) => {
    expect(wanted).toBe(53)
    return plainEgress.connectTo(address, port, outcome)
  }
  return askOverTcp({ clock, connectTo, drops }, '127.0.0.1', QUESTION, LIMIT)
}

/** A message as TCP carries it. */
function withLength(message: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(message.length >> 8, message.length & 0xff), message])
}

/** Answers a question, once all of it is there. */
function answering(answer: (socket: net.Socket) => void): (socket: net.Socket) => void {
  return (socket) => {
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.equals(withLength(asked))) answer(socket)
    })
  }
}

describe('asking a name server over TCP', () => {
  it('sends the question with its length, reads the answer in whatever pieces it comes, and hangs up', async () => {
    let ended = false
    const answer = await ask(
      answering(async (socket) => {
        socket.setNoDelay().on('close', () => {
          ended = true
        })
        for (const byte of withLength(ANSWER)) {
          socket.write(Uint8Array.of(byte))
          await turns(1)
        }
      }),
    )
    expect(answer.addresses).toEqual([Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)])
    expect(drops).toEqual({ malformed: 0, unrelated: 0 })
    await eventually('the connection is closed', () => ended)
  })

  it('refuses an answer that is too long before it is there, and counts it', async () => {
    const length = Uint8Array.of((MAX_ANSWER + 1) >> 8, (MAX_ANSWER + 1) & 0xff)
    await expect(ask(answering((socket) => socket.write(length)))).rejects.toThrow('longer than 4096 bytes')
    expect(drops).toEqual({ malformed: 1, unrelated: 0 })
  })

  it('counts what is no answer, and what answers another question', async () => {
    await expect(
      ask(answering((socket) => socket.write(withLength(ANSWER.subarray(0, -1))))),
    ).rejects.toThrow()
    expect(drops).toEqual({ malformed: 1, unrelated: 0 })
    server.close()
    const other = Uint8Array.from(ANSWER).fill(0, 0, 2)
    await expect(ask(answering((socket) => socket.write(withLength(other))))).rejects.toThrow()
    expect(drops).toEqual({ malformed: 1, unrelated: 1 })
  })

  it('fails if the server hangs up, or is not there', async () => {
    await expect(ask((socket) => socket.resume().end())).rejects.toThrow('hung up')
    const { port } = server.address() as net.AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const connectTo: StreamParts['connectTo'] = (address, _port, outcome) =>
      plainEgress.connectTo(address, port, outcome)
    const asking = askOverTcp({ clock: systemClock, connectTo, drops }, '127.0.0.1', QUESTION, LIMIT)
    await expect(asking).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('gives a server up that says nothing for as long as it may', async () => {
    const clock = new VirtualClock()
    let connection: net.Socket | undefined
    const asking = ask((socket) => {
      connection = socket.resume()
    }, clock)
    asking.catch(() => {})
    await eventually('it is connected', () => connection)
    clock.advance(LIMIT - 1)
    expect(clock.pending).toBe(1)
    clock.advance(1)
    await expect(asking).rejects.toThrow('127.0.0.1 does not answer')
    await eventually('the connection is closed', () => connection!.destroyed)
    expect(clock.pending).toBe(0)
  })
})
