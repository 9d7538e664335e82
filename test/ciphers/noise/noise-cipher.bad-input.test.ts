import { describe, expect, it } from 'vitest'
import { macKeysOf, writeMacs } from '../../../src/ciphers/noise/handshake/macs.js'
import type { DropCause } from '../../../src/ciphers/noise/wire/drops.js'
import {
  COUNTER_AT,
  INITIATION_BODY_AT,
  RECEIVER_AT,
  RESPONSE_BODY_AT,
  RESPONSE_RECEIVER_AT,
} from '../../../src/ciphers/noise/wire/messages.js'
import { type Kind, kinds, type Pair, pair } from '../../support/ciphers/tunnels.js'
import { ipv4Packet, numberOf } from '../../support/netsim/packets.js'

/** Genuine messages of a tunnel, of which the last two have not arrived. */
interface Messages {
  readonly initiation: Uint8Array
  /** To the client, which waits for it. */
  readonly response: Uint8Array
  /** To the server. */
  readonly data: Uint8Array
  /** Makes mac1 right. */
  readonly forServer: (message: Uint8Array) => Uint8Array
  readonly forClient: (message: Uint8Array) => Uint8Array
}

type Receiver = 'client' | 'server'
type BadInput = readonly [
  what: string,
  to: Receiver,
  make: (messages: Messages) => Uint8Array,
  cause: DropCause,
]

const COOKIE = Uint8Array.from([3, 0, 0, 0, ...new Uint8Array(60)])
/** The greatest counter that is an exact integer is 2^53 - 1, which no session may use. */
const COUNTERS = {
  '2^53 - 1': 2n ** 53n - 1n,
  '2^53': 2n ** 53n,
  '2^63': 2n ** 63n,
  '2^64 - 1': 2n ** 64n - 1n,
}

const badInputs: readonly BadInput[] = [
  ['nothing', 'server', () => new Uint8Array(0), 'malformed'],
  ['a message of no known type', 'server', ({ data }) => changed(data, 0, 5), 'malformed'],
  ['a type with a reserved byte set', 'server', ({ data }) => changed(data, 3, 1), 'malformed'],
  ['an initiation that was cut off', 'server', ({ initiation }) => initiation.subarray(0, -1), 'malformed'],
  ['an initiation that is too long', 'server', ({ initiation }) => longer(initiation), 'malformed'],
  ['a response that was cut off', 'client', ({ response }) => response.subarray(0, -1), 'malformed'],
  ['a cookie that was cut off', 'client', () => COOKIE.subarray(0, -1), 'malformed'],
  ['data with no room for a tag', 'server', ({ data }) => data.subarray(0, 31), 'malformed'],
  ['data with a tag of 15 bytes', 'server', ({ data }) => data.subarray(0, -1), 'authFailed'],
  ['data with a tag of 4 bytes', 'server', ({ data }) => data.subarray(0, -12), 'authFailed'],
  ['an initiation with a wrong mac1', 'server', ({ initiation }) => changed(initiation, -20, 1), 'wrongMac1'],
  ['a response with a wrong mac1', 'client', ({ response }) => changed(response, -20, 1), 'wrongMac1'],
  [
    'a response for an index that is not in use',
    'client',
    ({ response, forClient }) => forClient(changed(response, RESPONSE_RECEIVER_AT, 1)),
    'unknownIndex',
  ],
  [
    'data for an index that is not in use',
    'server',
    ({ data }) => changed(data, RECEIVER_AT, 1),
    'unknownIndex',
  ],
  ['a cookie for an index that is not in use', 'client', () => COOKIE, 'unknownIndex'],
  [
    'an initiation whose content was changed',
    'server',
    ({ initiation, forServer }) => forServer(changed(initiation, 50, 1)),
    'authFailed',
  ],
  [
    'a response whose content was changed',
    'client',
    ({ response, forClient }) => forClient(changed(response, RESPONSE_BODY_AT + 32, 1)),
    'authFailed',
  ],
  [
    'a response with a key of low order',
    'client',
    ({ response, forClient }) => forClient(withoutKey(response, RESPONSE_BODY_AT)),
    'lowOrder',
  ],
  ...Object.entries(COUNTERS).map(
    ([name, counter]): BadInput => [
      `data with the counter ${name}`,
      'server',
      ({ data }) => withCounter(data, counter),
      counter < 2n ** 53n ? 'expired' : 'malformed',
    ],
  ),
]

/** Where the initiation takes an agreement of keys to be read: a shared key has only its holders send such a one. */
const badInputsOf: Readonly<Record<Kind, readonly BadInput[]>> = {
  wireguard: [
    ...badInputs,
    [
      'an initiation with a key of low order',
      'server',
      ({ initiation, forServer }) => forServer(withoutKey(initiation, INITIATION_BODY_AT)),
      'lowOrder',
    ],
  ],
  'aes-256-gcm': badInputs,
  'chacha20-poly1305': badInputs,
}

for (const kind of kinds) {
  describe(`the cipher ${kind}`, () => {
    it.each(badInputsOf[kind])('drops %s silently, counts it, and goes on', (_what, to, make, cause) => {
      const { made, messages } = messagesOf(kind)
      const { network, simulation } = made
      const { cipher } = made[to]
      const before = { ...cipher.drops }
      const bad = Uint8Array.from(make(messages))
      const { opened, replies } = cipher.open(network.link(to, 'unknown'), [bad], simulation.now())
      expect({ opened, replies }).toEqual({ opened: [], replies: [] })
      expect(cipher.drops).toEqual({ ...before, [cause]: before[cause]! + 1 })
      expectGoesOn(made)
    })
  })
}

/** A tunnel with a session, and a handshake that goes on. */
function messagesOf(kind: Kind): { made: Pair; messages: Messages } {
  const made = pair(kind)
  const { simulation, network, client, clientId, server, serverId, serverProtocol } = made
  client.initiate(serverId)
  simulation.advance(200)
  network.weather = ({ to, bytes }) => (to === 'client' || bytes[0] === 4 ? [] : [10])
  client.send(serverId, ipv4Packet(100, 1))
  const data = network.sent.at(-1)!.bytes
  simulation.advance(1000)
  client.initiate(serverId)
  const initiation = network.sent.at(-1)!.bytes
  simulation.advance(20)
  const response = network.sent.at(-1)!.bytes
  expect([data[0], initiation[0], response[0]]).toEqual([4, 1, 2])
  network.weather = () => [10]
  const toClient = kind === 'wireguard' ? macKeysOf(Buffer.from(clientId, 'base64')) : serverProtocol.macs
  const macs = (key: Uint8Array) => (message: Uint8Array) => {
    writeMacs(message, key, undefined)
    return message
  }
  expect(server.live(clientId)).toBe(true)
  const messages = {
    initiation,
    response,
    data,
    forServer: macs(serverProtocol.macs.mac1),
    forClient: macs(toClient.mac1),
  }
  return { made, messages }
}

function expectGoesOn({ client, server, serverId, simulation }: Pair): void {
  server.delivered.length = 0
  simulation.advance(1000)
  client.send(serverId, ipv4Packet(100, 2))
  simulation.advance(1000)
  expect(server.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([2])
}

/** A copy with the byte at `at` changed. */
function changed(message: Uint8Array, at: number, change: number): Uint8Array {
  const copy = Uint8Array.from(message)
  copy[at < 0 ? copy.length + at : at]! ^= change
  return copy
}

function longer(message: Uint8Array): Uint8Array {
  return Uint8Array.from([...message, 0])
}

/** A copy with a public key of zeros, which has low order. */
function withoutKey(message: Uint8Array, at: number): Uint8Array {
  return Uint8Array.from(message).fill(0, at, at + 32)
}

function withCounter(message: Uint8Array, counter: bigint): Uint8Array {
  const copy = Uint8Array.from(message)
  new DataView(copy.buffer).setBigUint64(COUNTER_AT, counter, true)
  return copy
}
