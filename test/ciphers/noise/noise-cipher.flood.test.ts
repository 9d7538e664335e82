import { describe, expect, it, vi } from 'vitest'
import { forgedInitiations } from '../../../lab/forged-initiations.js'
import { type CryptoCounts, countCrypto } from '../../support/ciphers/crypto-counts.js'
import { kinds, type Pair, pair } from '../../support/ciphers/tunnels.js'
import { deadLink } from '../../support/links.js'
import { ipv4Packet, numberOf } from '../../support/netsim/packets.js'

vi.mock('node:crypto', async (original) =>
  (await import('../../support/ciphers/crypto-counts.js')).counted(await original()),
)
vi.mock('@noble/hashes/blake2.js', async (original) =>
  (await import('../../support/ciphers/crypto-counts.js')).counted(await original()),
)
vi.mock('@noble/ciphers/chacha.js', async (original) =>
  (await import('../../support/ciphers/crypto-counts.js')).counted(await original()),
)

const PER_SECOND = 5_000
/** Seconds. The flood of the promise lasts 60: each second of it costs the same. */
const DURATION = 2
/** Initiations that come at once. */
const BATCH = 10
/** As many as one stream may bring at once. */
const PER_CONNECTION = 5
/** Initiations that are read while nobody has proven an address: so many at once, and so many each second. */
const READ = 500
/** Hashes and HMACs of an initiation that is read and turns out to be forged. */
const MOST_HASHES = 11

it.each(kinds)(
  `of 5,000 initiations a second with right mac1 %s reads ${READ}; each other one costs two MACs and a cookie, and others get through`,
  { timeout: 60_000 },
  (kind) => {
    const { simulation, network, client, server, serverId, clientId, serverProtocol } = pair(kind)
    const link = network.link('server', 'flood')
    const costs: CryptoCounts[] = []
    client.send(serverId, ipv4Packet(60, 1))
    for (let sent = 0; sent < PER_SECOND * DURATION; sent += BATCH) {
      const batch = forgedInitiations(serverProtocol, BATCH)
      costs.push(countCrypto(() => server.cipher.open(link, batch, simulation.now())).counts)
      simulation.advance((1_000 * BATCH) / PER_SECOND)
    }
    expect(server.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([1])
    expect(server.live(clientId)).toBe(true)

    const total = (operation: keyof CryptoCounts) => costs.reduce((sum, cost) => sum + cost[operation], 0)
    const { unauthenticated, authFailed } = server.cipher.drops
    expect(unauthenticated! + authFailed!).toBe(PER_SECOND * DURATION)
    expect(authFailed).toBeLessThanOrEqual(READ * (1 + DURATION))
    expect(total('macs')).toBe(PER_SECOND * DURATION + unauthenticated!)
    expect(total('cookies')).toBe(unauthenticated)
    // With a shared key a forgery shows before any keys are agreed on.
    expect(total('agreements')).toBe(kind === 'wireguard' ? authFailed : 0)
    expect(total('keyPairs')).toBe(0)
    expect(total('hashes')).toBeLessThanOrEqual(MOST_HASHES * authFailed!)
  },
)

describe('initiations over streams', () => {
  it('of one address, each five of them over a new connection, cost at most 500 agreements of keys a second', () => {
    const { server, floodBy } = streamLab()
    const agreements = floodBy([Uint8Array.of(192, 0, 2, 1)])
    expect(agreements).toBeLessThanOrEqual(READ * (1 + DURATION))
    expect(agreements).toBeGreaterThanOrEqual(READ * DURATION)
    expect(server.cipher.drops.limited).toBe(PER_SECOND * DURATION - agreements)
  })

  it('of one network of IPv6 count as of one address', () => {
    const { floodBy } = streamLab()
    const host = (number: number) => {
      const address = new Uint8Array(16).fill(0x20, 0, 8)
      address[15] = number
      return address
    }
    const agreements = floodBy(Array.from({ length: 200 }, (_, number) => host(number)))
    // One address gets half of a burst, 200 of them would get all of it and the places that are kept for newcomers.
    expect(agreements).toBeLessThanOrEqual(READ * (0.5 + DURATION) + 1)
  })

  it.each([1, 25, 200])(
    'of %i addresses that flood leave those of another in at the first try',
    (sources) => {
      const { server, client, serverId, clientId, simulation, floodBy } = streamLab()
      const agreements = floodBy(
        Array.from({ length: sources }, (_, number) => Uint8Array.of(192, 0, 2, number)),
        () => client.send(serverId, ipv4Packet(60, 1)),
      )
      simulation.advance(100)
      expect(agreements).toBeLessThanOrEqual(READ * (1.5 + DURATION))
      expect(server.live(clientId)).toBe(true)
      expect(server.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([1])
    },
  )
})

/** A server under a flood of initiations over streams, and a client of another address whose stream is there. */
function streamLab(): Pair & {
  /**
   * Floods the server for DURATION from some addresses in turn, five initiations over each new connection.
   *
   * @param halfway is done after half of the time.
   * @returns how many X25519 agreements the server did meanwhile.
   */
  readonly floodBy: (sources: readonly Uint8Array[], halfway?: () => void) => number
} {
  const made = pair('wireguard')
  const { simulation, network, server, client, serverId, serverProtocol } = made
  network.weather = () => [9] // between two batches of the flood, when no place is left but those that are kept
  client.use(serverId, 'server', true)
  const floodBy = (sources: readonly Uint8Array[], halfway = () => {}) => {
    let agreements = 0
    for (let sent = 0; sent < PER_SECOND * DURATION; sent += BATCH) {
      if (sent === (PER_SECOND * DURATION) / 2) halfway()
      for (let connection = 0; connection < BATCH / PER_CONNECTION; connection++) {
        const source = sources[(sent / PER_CONNECTION + connection) % sources.length]!
        const link = { ...deadLink(), stream: true, source }
        const batch = forgedInitiations(serverProtocol, PER_CONNECTION)
        agreements += countCrypto(() => server.cipher.open(link, batch, simulation.now())).counts.agreements
      }
      simulation.advance((1_000 * BATCH) / PER_SECOND)
    }
    return agreements
  }
  return { ...made, floodBy }
}
