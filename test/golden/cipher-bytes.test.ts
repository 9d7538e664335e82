import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createContainer } from '../../src/app/container.js'
import { choosePlugin } from '../../src/app/plugins/plugins.js'
import { publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { CipherLab, type LabEnd } from '../../src/conformance/cipher/cipher-lab.js'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import { SOLE_PEER } from '../../src/core/api/config.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { packetOf } from '../../src/core/api/packet.js'
import { CLOCK } from '../../src/core/injection/tokens.js'
import { parseIpPrefix } from '../../src/core/ip/ip-prefix.js'
import type { CipherSettings } from '../../src/core/plugin/plugin.js'
import { useChosenRandom } from './chosen-random.js'

vi.mock('node:crypto', async (importOriginal) =>
  (await import('./chosen-random.js')).chosenCrypto(await importOriginal()),
)

/** What both ends share, or the private key of one, in base64. */
const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const HOUR = 3_600_000
/** Milliseconds, more than what has to pass between two handshakes. */
const HANDSHAKE_PAUSE = 6_000
/** Initiations that an end works on at once before it asks for cookies. */
const BURST = 500

const shared: CipherSettings = { key: key(1), peers: [{ id: SOLE_PEER }] }
const CASES: readonly (readonly [name: string, near: CipherSettings, far: CipherSettings])[] = [
  ['aes-256-gcm', shared, shared],
  ['chacha20-poly1305', shared, shared],
  [
    'wireguard',
    { privateKey: key(2), peers: [{ id: publicKeyOf(key(3)), presharedKey: key(4) }] },
    { privateKey: key(3), peers: [{ id: publicKeyOf(key(2)), presharedKey: key(4) }] },
  ],
]
const XOR: CipherSettings = { key: '1234ABCD', peers: [{ id: SOLE_PEER }] }

beforeEach(useChosenRandom)
let lab: CipherLab | undefined
afterEach(() => {
  lab?.near.cipher.close()
  lab?.far.cipher.close()
})

it.each(CASES)('%s puts the bytes on the wire that it did', async (name, nearSettings, farSettings) => {
  // Timestamps of handshakes only ever grow within a process, whichever cipher asks.
  const clock = new VirtualClock(HOUR * (1 + CASES.findIndex(([one]) => one === name)))
  lab = await labOf(name, clock, nearSettings, farSettings)
  const { near, far } = lab
  const wire = transcript(lab)
  const send = (from: LabEnd, datagrams: readonly Uint8Array[]) => {
    lab!.carry(
      from,
      datagrams.map((datagram) => Uint8Array.from(datagram)),
    )
    lab!.advance(0)
  }

  wire.push('', 'A packet, which begins a session, and the questions of both ends about the other:')
  send(near, near.seal([packet(20)]))
  lab.advance(1_000)
  wire.push('', 'A packet back, two at once, and none:')
  send(far, far.seal([packet(20)]))
  send(near, near.seal([packet(21), packet(60)]))
  send(near, near.seal([new Uint8Array()]))
  wire.push('', 'A super-packet with a partial checksum, and a packet with one:')
  send(near, near.sealPackets([{ ...packetOf(packet(100)), segmentSize: 30, checksum: 'partial' }]))
  send(near, near.sealPackets([{ ...packetOf(packet(40)), checksum: 'partial' }]))
  wire.push('', 'A packet in pieces:')
  send(near, near.seal([packet(200)], 128))
  wire.push('', 'A probe, one of 150 bytes, and their answers:')
  send(near, [near.cipher.sessions!.probe(near.peer, 7, clock.now())!])
  send(near, [near.cipher.sessions!.probe(near.peer, 8, clock.now(), 150)!])
  wire.push('', 'A question for settings, and the answer:')
  far.cipher.settings!.push(far.peer, SETTINGS, clock.now())
  near.cipher.settings!.ask(near.peer, true, clock.now())
  lab.advance(1_000)
  wire.push('', 'New keys, as the other end begins them:')
  send(far, far.cipher.sessions!.initiate(far.peer, clock.now()))
  lab.advance(1_000)
  send(far, far.seal([packet(20)]))

  wire.push('', 'A cookie in place of an answer, since too many ask, and an answer to who brings it along:')
  const [first] = wire.filter((line) => line.startsWith('near'))
  const initiation = Buffer.from(first!.split(': ')[1]!, 'hex')
  for (let attempt = 0; attempt < 2; attempt++) {
    clock.advance(HANDSHAKE_PAUSE)
    far.open(Array(BURST).fill(initiation))
    send(near, near.cipher.sessions!.initiate(near.peer, clock.now()))
  }

  expect(far.received.map(({ length }) => length)).toEqual([20, 21, 60, 100, 40, 200])
  expect(near.received.map(({ length }) => length)).toEqual([20, 20])
  await expect(`${wire.slice(1).join('\n')}\n`).toMatchFileSnapshot(`bytes-${name}.txt`)
})

it('xor puts the bytes on the wire that it did', async () => {
  lab = await labOf('xor', new VirtualClock(), XOR, XOR)
  const wire = transcript(lab)
  for (const length of [0, 1, 20, 21, 60]) lab.send(lab.near, packet(length))
  await expect(`${wire.join('\n')}\n`).toMatchFileSnapshot('bytes-xor.txt')
})

const SETTINGS = {
  addresses: [parseIpPrefix('10.0.0.2/32')!, parseIpPrefix('fd00::2/128')!],
  routes: [parseIpPrefix('10.0.0.0/24')!, parseIpPrefix('fd00::/64')!],
  nameServers: ['10.0.0.1', 'fd00::1'],
  searchDomains: ['example.org'],
  mtu: 1380,
}

async function labOf(name: string, clock: VirtualClock, ...settings: [CipherSettings, CipherSettings]) {
  const container = await createContainer(silentLogger, [])
  container.register(CLOCK, { useValue: clock })
  const plugin = choosePlugin(container, 'cipher', name)
  const end = async (given: CipherSettings) => ({
    cipher: await plugin.make(given, new AbortController().signal),
    peer: given.peers[0]!.id,
  })
  return new CipherLab(clock, await end(settings[0]), await end(settings[1]))
}

/** What the two ends of a lab say from now on, a datagram a line. */
function transcript(of: CipherLab): string[] {
  const lines: string[] = []
  of.passes = (datagram, from) => {
    lines.push(
      `${from === of.near ? 'near' : ' far'} ${datagram.length}: ${Buffer.from(datagram).toString('hex')}`,
    )
    return true
  }
  return lines
}

/** An IPv4 packet; fewer than 20 bytes are none, which only xor carries. */
function packet(length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, index) => index)
  bytes.set([0x45, 0, 0, length].slice(0, length))
  return bytes
}
