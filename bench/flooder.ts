import dgram from 'node:dgram'
import { once } from 'node:events'
import { generatePrivateKey, parseBase64Key } from '../src/ciphers/keys/keys.js'
import { writeMacs } from '../src/ciphers/noise/handshake/macs.js'
import { Timestamps } from '../src/ciphers/noise/handshake/tai64n.js'
import { WireGuardProtocol } from '../src/ciphers/noise/handshake/wireguard-protocol.js'

/*
 * node flooder.js PUBLIC_KEY PORT PER_SECOND SECONDS ADDRESS SOURCE…
 *
 * Sends initiations to a WireGuard whose public key it knows, in turns from each of its own addresses. They are
 * right in all but one thing, which shows last and so costs the most: nobody configured the sender's key. Ends early by SIGTERM.
 */

/** Initiations that are made beforehand and sent in turns. */
const DIFFERENT = 500
/** Milliseconds between bursts. */
const INTERVAL = 5

const [publicKey, port, perSecond, seconds, address, ...sources] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  ...string[],
]

function makeInitiations(): Uint8Array[] {
  const timestamps = new Timestamps()
  return Array.from({ length: DIFFERENT }, (_, index) => {
    const unknown = new WireGuardProtocol(parseBase64Key(generatePrivateKey(), 'private key'))
    const remote = unknown.remote({ id: publicKey })
    const { initiation } = remote.start(index, timestamps.next(Date.now()))!
    writeMacs(initiation, remote.macs.mac1, undefined)
    return initiation
  })
}

const initiations = makeInitiations()
const sockets = await Promise.all(
  sources.map(async (source) => {
    const socket = dgram.createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) })
    const listening = once(socket, 'listening') // the event may come within bind()
    socket.bind(0, source)
    await listening
    return socket
  }),
)
let received = 0
let receivedBytes = 0
for (const socket of sockets) {
  socket.on('message', (answer) => {
    received++
    receivedBytes += answer.length
  })
}
let stopped = false
process.on('SIGTERM', () => {
  stopped = true
})
process.stdout.write('flooding\n')
const begun = performance.now()
let sent = 0
while (!stopped && performance.now() - begun < Number(seconds) * 1000) {
  const due = ((performance.now() - begun) / 1000) * Number(perSecond)
  for (; sent < due; sent++) {
    sockets[sent % sockets.length]!.send(initiations[sent % DIFFERENT]!, Number(port), address)
  }
  await new Promise((resolve) => setTimeout(resolve, INTERVAL))
}
const sentBytes = sent * initiations[0]!.length
process.stdout.write(`${JSON.stringify({ sent, sentBytes, received, receivedBytes })}\n`)
for (const socket of sockets) socket.close()
