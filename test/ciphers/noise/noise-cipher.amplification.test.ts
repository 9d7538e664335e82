import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeMacs } from '../../../src/ciphers/noise/handshake/macs.js'
import { COOKIE_BYTES } from '../../../src/ciphers/noise/wire/messages.js'
import { connectedPair, kinds, type Pair, pair } from '../../support/ciphers/tunnels.js'
import { ipv4Packet } from '../../support/netsim/packets.js'

/** Initiations within one moment after which cookies are demanded. */
const LOAD = 600

/** Mostly nothing. */
const seldom = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const changes = fc.record({
  /** Which of the genuine messages it is made of. */
  which: fc.nat(),
  /** Bytes that are changed, and what they are changed by. */
  bytes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }),
  length: seldom(fc.nat(300)),
  /** Whether mac1 is right all the same. */
  mac1: fc.boolean(),
  /** A type of message that is none, or another one. */
  type: seldom(fc.nat(5)),
})

describe.each(kinds)('the cipher %s', (kind) => {
  it.each([false, true])(
    'answers an unknown source with no more bytes than were asked, under load: %s',
    (underLoad) => {
      const genuine = messagesOfEveryType(connectedPair(kind), pair(kind))
      const made = pair(kind)
      const { network, server, serverProtocol, simulation } = made
      const fresh = made.client.cipher.sessions!.initiate(made.serverId, simulation.now())
      genuine.push(...fresh.map((datagram) => Uint8Array.from(datagram)))
      let replied = 0
      if (underLoad) flood(made)

      fc.assert(
        fc.property(fc.array(changes, { minLength: 1, maxLength: 4 }), (batch) => {
          if (!underLoad) simulation.advance(100)
          const questions = batch.map(({ which, bytes, length, mac1, type }) => {
            const question = resized(genuine[which % genuine.length]!, length)
            for (const [at, change] of bytes)
              if (question.length > 0) question[at % question.length]! ^= change
            if (type !== undefined && question.length >= 4) question.set([type, 0, 0, 0])
            if (mac1 && question.length > 32) writeMacs(question, serverProtocol.macs.mac1, undefined)
            return question
          })
          const asked = total(questions)
          const { opened, replies } = server.cipher.open(
            network.link('server', 'unknown'),
            questions,
            simulation.now(),
          )
          expect(opened).toEqual([])
          expect(total(replies)).toBeLessThanOrEqual(asked)
          replied += replies.length
        }),
        { numRuns: 300 },
      )
      expect(replied).toBeGreaterThan(0) // there was something to compare
    },
  )

  it('answers an initiation that is shorter than a cookie with nothing, also when it demands cookies', () => {
    const made = pair(kind)
    flood(made)
    const { network, server, serverProtocol, simulation } = made
    const genuine = new Uint8Array(serverProtocol.initiationLength)
    for (const question of [genuine, genuine.subarray(0, COOKIE_BYTES - 1)]) {
      question[0] = 1
      writeMacs(question, serverProtocol.macs.mac1, undefined)
      const { replies } = server.cipher.open(network.link('server', 'unknown'), [question], simulation.now())
      expect(replies.map(({ length }) => length)).toEqual(question === genuine ? [COOKIE_BYTES] : [])
    }
  })
})

/** Messages 1 to 4: of this tunnel's keys, of a session that there was once, and of others' keys. */
function messagesOfEveryType(known: Pair, unknown: Pair): Uint8Array[] {
  known.client.send(known.serverId, ipv4Packet(60))
  unknown.client.send(unknown.serverId, ipv4Packet(60))
  known.simulation.advance(1000)
  known.client.initiate(known.serverId)
  known.simulation.advance(9.9)
  flood(known)
  known.simulation.advance(1000)
  unknown.simulation.advance(1000)
  const messages = [...known.network.sent, ...unknown.network.sent].map(({ bytes }) => Uint8Array.from(bytes))
  expect(new Set(messages.map(([type]) => type))).toEqual(new Set([1, 2, 3, 4]))
  return messages
}

/** Sends so many initiations within one moment that cookies are demanded. */
function flood({ network, server, serverProtocol, simulation }: Pair): void {
  const message = new Uint8Array(serverProtocol.initiationLength)
  message[0] = 1
  writeMacs(message, serverProtocol.macs.mac1, undefined)
  const link = network.link('server', 'flood')
  for (let times = 0; times < LOAD; times++) {
    server.cipher.open(link, [Uint8Array.from(message)], simulation.now())
  }
}

function resized(bytes: Uint8Array, length = bytes.length): Uint8Array {
  const result = new Uint8Array(length)
  result.set(bytes.subarray(0, length))
  return result
}

function total(datagrams: readonly Uint8Array[]): number {
  return datagrams.reduce((sum, { length }) => sum + length, 0)
}
