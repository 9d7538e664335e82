import { afterEach, describe, expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { choosePlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { liesWithin } from '../../../src/core/ip/ip-network.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import type { MemoryTunDevice, MemoryTunDriver } from '../../../src/tun/memory.js'
import { SEED } from '../../fuzz/rounds.js'
import { eventually } from '../../support/eventually.js'
import { Chance } from '../../support/fuzz/chance.js'
import { ipv4Packet, ipv6Packet, numberOf } from '../../support/netsim/packets.js'

const PACKETS = 2_000
/** What is injected at once: fewer than a stream takes. */
const BATCH = 50
/** Bytes of the longest packet of the device. */
const MTU = 1420

const prefixes = (...texts: string[]) => texts.map((text) => parseIpPrefix(text)!)
const CLIENT = prefixes('10.0.0.1/32', '2001:db8::1/128')
const SERVER = prefixes('10.0.0.2/32', '2001:db8::2/128')
/** Where a header of either family has its source. RFC 791, RFC 8200 */
const SOURCES = { 4: [12, 16], 6: [8, 24] } as const

let names = 0
const tunnels: Tunnel[] = []
afterEach(async () => {
  for (const tunnel of tunnels.splice(0)) await tunnel.close()
})

describe.each(['tcp', 'ws', 'udp'])('packets that a peer crafted, over %s,', (scheme) => {
  it('reach the device only from addresses that it owns, each as it was, and the tunnel goes on', async () => {
    const { near, far } = await start(scheme)
    const chance = new Chance(SEED)
    const came: Uint8Array[] = []
    far.host = (packets) => came.push(...packets.map(({ bytes }) => Uint8Array.from(bytes)))
    const isGood = (number: number) =>
      came.some((bytes) => bytes.length === 100 && numberOf(bytes) === number)
    const sent: string[] = []
    for (let batch = 0; batch < PACKETS / BATCH; batch++) {
      const crafted = Array.from({ length: BATCH }, () => craft(chance))
      sent.push(...crafted.map((bytes) => Buffer.from(bytes).toString('hex')))
      near.inject(...crafted, good(batch + 1))
      await eventually('a good packet behind them arrives', () => isGood(batch + 1))
    }
    for (const bytes of came) {
      const version = (bytes[0]! >>> 4) as 4 | 6
      expect([4, 6], `seed ${SEED}`).toContain(version)
      const source = { address: bytes.slice(...SOURCES[version]), bits: version === 4 ? 32 : 128 }
      expect(
        CLIENT.some((owned) => liesWithin(source, owned)),
        `seed ${SEED}`,
      ).toBe(true)
      const isGood = bytes.length === 100 && numberOf(bytes) > 0
      const text = Buffer.from(bytes).toString('hex')
      expect(isGood || sent.some((whole) => isOf(text, whole)), `seed ${SEED}: ${text}`).toBe(true)
    }
    expect(came.length).toBeGreaterThan(PACKETS / BATCH)
  })
})

/** Whether a packet came of one that was sent: the length that it says it has counts, and what it lacks is padding. */
function isOf(came: string, sent: string): boolean {
  return sent.startsWith(came) || (came.startsWith(sent) && /^0*$/.test(came.slice(sent.length)))
}

/** Mostly a packet to the server with some of its bytes changed, also its length; sometimes none at all. */
function craft(chance: Chance): Uint8Array {
  const length = chance.pick([48, 60, 100, 576, 1280, MTU])
  const genuine = chance.happens(0.5) ? ipv4Packet(length) : ipv6Packet(length)
  if (genuine[0]! >>> 4 === 6) {
    genuine.set([0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 1], 8)
    genuine.set([0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 2], 24)
  }
  // Protocols with headers that are looked into, options, extension headers, fragments.
  if (chance.happens(0.7))
    genuine[genuine[0] === 0x45 ? 9 : 6] = chance.pick([0, 1, 4, 6, 17, 41, 43, 44, 50, 58, 59, 60])
  if (chance.happens(0.2) && genuine[0] === 0x45) genuine[0] = 0x40 | chance.below(16)
  if (chance.happens(0.2) && genuine[0]! >>> 4 === 4) genuine.set(chance.bytes(2), 6)
  // A SYN is clamped, which changes it: other tests are about that.
  genuine[(genuine[0]! >>> 4 === 4 ? 20 : 40) + 13] = 0
  return chance.happens(0.1) ? chance.bytes(chance.below(120)) : chance.mutate(genuine).subarray(0, MTU)
}

/** A packet of the client's that bears a number and is told from others by its length. */
function good(number: number): Uint8Array {
  return ipv4Packet(100, number)
}

/** Two tunnels of one process, connected; their devices. */
async function start(scheme: string) {
  const container = await createContainer(silentLogger, [])
  const [client, server] = [generatePrivateKey(), generatePrivateKey()]
  const common = { cipher: 'wireguard', tunDriver: 'memory', plugins: [] }
  const tun = { name: undefined, mtu: MTU, addresses: [], routes: [] }
  const run = async (config: TunnelConfig) => {
    const tunnel = await Tunnel.start(container, config, new AbortController().signal)
    tunnels.push(tunnel)
    const driver = choosePlugin(container, 'TUN driver', 'memory').make(
      {},
      new AbortController().signal,
    ) as MemoryTunDriver
    return { tunnel, device: driver.devices.get(tunnel.device) as MemoryTunDevice }
  }
  const far = await run({
    ...common,
    privateKey: server,
    tun,
    listen: [new URL(`${scheme}://127.0.0.1:0/t`)],
    peers: [{ id: publicKeyOf(client), allowed: CLIENT, endpoints: [] }],
  })
  const [endpoint] = far.tunnel.status().listen
  const near = await run({
    ...common,
    privateKey: client,
    tun: { ...tun, name: `crafted${names++}` },
    listen: [],
    peers: [{ id: publicKeyOf(server), allowed: SERVER, endpoints: [new URL(endpoint!)] }],
  })
  return { near: near.device, far: far.device }
}
