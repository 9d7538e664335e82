import { randomBytes } from 'node:crypto'
import { forgedInitiations } from '../lab/forged-initiations.js'
import { END_ID_BYTES, EndIds } from '../src/ciphers/noise/handshake/end-ids.js'
import type { Protocol } from '../src/ciphers/noise/handshake/protocol.js'
import { PskProtocol } from '../src/ciphers/noise/handshake/psk-protocol.js'
import { Timestamps } from '../src/ciphers/noise/handshake/tai64n.js'
import { WireGuardProtocol } from '../src/ciphers/noise/handshake/wireguard-protocol.js'
import { NoiseCipher } from '../src/ciphers/noise/noise-cipher.js'
import { variantOf } from '../src/ciphers/noise-cipher.js'
import { PSK_CIPHERS } from '../src/ciphers/psk.js'
import { MTU } from '../src/core/api/config.js'
import { silentLogger } from '../src/core/api/logger.js'
import type { Link } from '../src/core/api/transport.js'

/*
 * node dist/bench/initiations.js [SECONDS [CIPHER…]]
 *
 * What a flood of forged initiations with right mac1 costs a server in CPU time, in one process and without the kernel.
 * Beside the share of one CPU in each second stands what a loop over registers took meanwhile: where both go up together
 * the processor gives less, not the program. What it does for each initiation is counted in test/ciphers/noise/noise-cipher.flood.test.ts.
 */

const SECONDS = Number(process.argv[2] ?? 10)
const CHOSEN =
  process.argv.length > 3 ? process.argv.slice(3) : ['wireguard', 'aes-256-gcm', 'chacha20-poly1305']
const PER_SECOND = 5_000
/** Initiations that come at once. */
const BATCH = 10
/** Batches between two looks at the processor, and steps of the loop each. */
const BETWEEN = 25
const STEPS = 100_000

/** Where the initiations come from. */
const LINK: Link = {
  remote: 'flood',
  source: Uint8Array.of(192, 0, 2, 1),
  maxDatagram: 65_507,
  stream: false,
  writable: true,
  drops: {},
  send() {},
  close: async () => {},
}

for (const name of CHOSEN) measure(name, protocolOf(name))

function protocolOf(name: string): Protocol {
  if (name === 'wireguard') return new WireGuardProtocol(randomBytes(32))
  if (name !== 'aes-256-gcm' && name !== 'chacha20-poly1305') throw new Error(`Cannot measure cipher ${name}`)
  return new PskProtocol(
    variantOf(PSK_CIPHERS[name]),
    randomBytes(32),
    new EndIds(randomBytes(END_ID_BYTES), silentLogger),
    'peer',
  )
}

function measure(name: string, protocol: Protocol): void {
  const server = new NoiseCipher({
    protocol,
    useKey: (key) => protocol.suite.aead.withKey(key),
    random: randomBytes,
    wall: () => Date.now(),
    timestamps: new Timestamps(),
    log: silentLogger,
    mtu: MTU.default,
    takesSuperPackets: true,
  })
  let now = 0
  say(`${name}, ${PER_SECOND} forged initiations a second:`)
  for (let second = 1; second <= SECONDS; second++) {
    let [spent, loops, looks] = [0, 0, 0]
    for (let batch = 0; batch < PER_SECOND / BATCH; batch++) {
      const initiations = forgedInitiations(protocol, BATCH)
      spent += cpuTime(() => server.open(LINK, initiations, now))
      if (batch % BETWEEN === 0) {
        loops += cpuTime(registers)
        looks++
      }
      now += (1_000 * BATCH) / PER_SECOND
    }
    const share = (spent / 10).toFixed(0).padStart(3)
    say(`  second ${second}: ${share} % of one CPU; ${((1e6 * loops) / looks / STEPS).toFixed(2)} ns a step`)
  }
}

/** Milliseconds. */
function cpuTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** Keeps a processor's units busy and touches no memory. */
function registers(): number {
  let [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6]
  for (let step = 0; step < STEPS; step++) {
    a = ((a ^ step) + 7) | 0
    b = ((b ^ a) + 3) | 0
    c = ((c ^ step) + 9) | 0
    d = ((d ^ c) + 5) | 0
    e = ((e ^ step) + 1) | 0
    f = ((f ^ e) + 8) | 0
  }
  return a ^ b ^ c ^ d ^ e ^ f
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
