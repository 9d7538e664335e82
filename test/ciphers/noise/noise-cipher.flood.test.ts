import { expect, it, vi } from 'vitest'
import { forgedInitiations } from '../../../lab/forged-initiations.js'
import { type CryptoCounts, countCrypto } from '../../support/ciphers/crypto-counts.js'
import { kinds, pair } from '../../support/ciphers/tunnels.js'
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
const DURATION = 3
/** Initiations that come at once. */
const BATCH = 10
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
