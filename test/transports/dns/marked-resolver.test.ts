import dgram from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { native } from '../../../src/native/base/native.js'
import { MarkedResolver } from '../../../src/transports/dns/marked-resolver.js'
import { answerTo } from '../../support/dns/answers.js'
import { eventually } from '../../support/eventually.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const SERVER = '127.0.0.2'
/** Milliseconds that a name server has for an answer, the times it is asked, and the questions each time: IPv4, IPv6. */
const PATIENCE = 1_500
const ROUNDS = 2
const FAMILIES = 2
/** Wrong numbers that a forger tries before the right answer comes: fewer than a socket has room for. */
const GUESSES = 50
const missing = namespacesMissing('nft')

describe.skipIf(missing)(`a resolver by marked sockets${missing ? `, skipped: ${missing}` : ''}`, () => {
  it('counts answers that are malformed or to other questions, waits for a right one, and tells in the end', async () => {
    await inNewNetwork(async () => {
      const server = dgram.createSocket('udp4')
      server.on('message', (question, from) => {
        const right = answerTo(question, { 'vpn.example.org': ['192.0.2.7', '2001:db8::7'] })
        const other = Uint8Array.from(right)
        other[0]! ^= 1
        for (const wrong of [right.subarray(0, -1), other]) server.send(wrong, from.port, from.address)
      })
      await once(server.bind(53, SERVER), 'listening')
      const clock = new VirtualClock()
      const resolver = new MarkedResolver({
        native: native(),
        clock,
        mark: 1,
        connectTo: () => expect.unreachable(),
        excluded: [],
        nameServers: () => ({ servers: [SERVER], search: [] }),
      })
      const resolving = resolver.resolve(new URL('udp://vpn.example.org:1'))
      resolving.catch(() => {})
      for (let round = 1; round <= ROUNDS; round++) {
        const each = round * FAMILIES
        const { drops } = resolver
        await eventually('all answers came', () => drops.malformed === each && drops.unrelated === each)
        clock.advance(PATIENCE)
        await eventually(
          'it asks again, or is at its end',
          () => clock.pending === FAMILIES || round === ROUNDS,
        )
      }
      await expect(resolving).rejects.toThrow(
        'Cannot resolve vpn.example.org: no name server answers (answers dropped: 4 malformed, 4 to other questions)',
      )
      server.close()
    })
  })

  it('takes none of a flood of forged answers, also from others than it asked, and then the right one', async () => {
    await inNewNetwork(async () => {
      const [server, otherPort, otherAddress] = await Promise.all([
        bound(SERVER, 53),
        bound(SERVER, 0),
        bound('127.0.0.3', 53),
      ])
      server.on('message', (question, from) => {
        const forged = answerTo(question, { 'vpn.example.org': ['203.0.113.66', '2001:db8::66'] })
        const send = (socket: dgram.Socket, bytes: Uint8Array) => socket.send(bytes, from.port, from.address)
        for (const socket of [otherPort, otherAddress]) send(socket, forged)
        for (let guess = 1; guess <= GUESSES; guess++) {
          const guessed = Uint8Array.from(forged)
          guessed[1]! ^= guess
          send(server, guessed)
          send(server, forged.subarray(0, guess % forged.length))
        }
        send(server, answerTo(question, { 'vpn.example.org': ['192.0.2.7', '2001:db8::7'] }))
      })
      const resolver = new MarkedResolver({
        native: native(),
        clock: systemClock,
        mark: 1,
        connectTo: () => expect.unreachable(),
        excluded: [],
        nameServers: () => ({ servers: [SERVER], search: [] }),
      })
      const found = await resolver.resolve(new URL('udp://vpn.example.org:1'))
      expect(found.map(({ address }) => address).sort()).toEqual(['192.0.2.7', '2001:db8::7'])
      expect(resolver.drops.unrelated).toBe(GUESSES * FAMILIES)
      for (const socket of [server, otherPort, otherAddress]) socket.close()
    })
  })
})

async function bound(address: string, port: number): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4')
  await once(socket.bind(port, address), 'listening')
  return socket
}
