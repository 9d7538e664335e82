import { describe, expect, it } from 'vitest'
import { generatePrivateKey, parseBase64Key, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { WireGuardProtocol } from '../../../src/ciphers/noise/handshake/wireguard-protocol.js'
import type { Cipher } from '../../../src/core/api/cipher.js'
import type { Link } from '../../../src/core/api/transport.js'
import { noiseCipher } from '../../support/ciphers/tunnels.js'
import { deadLink } from '../../support/links.js'

const CLIENTS = 500
const START = 1_000_000
/** Milliseconds from one look at all timers to the next. */
const STEP = 10

/** A client that waits for its server: its cipher, and the link by which the server sees it. */
interface Client {
  readonly cipher: Cipher
  readonly link: Link
}

describe('500 clients that all come at once, as after a restart of their server,', () => {
  it.each([
    ['tcp', 25, 5_500],
    ['tcp', 1, 5_500],
    ['udp', 1, 100],
  ] as const)('by %s from %i addresses all have a session within %i ms', (carrier, addresses, most) => {
    expect(untilAllAreIn(carrier === 'tcp', addresses)).toBeLessThanOrEqual(most)
  })
})

/** Milliseconds of virtual time until all clients have a session, however often they have to try. */
function untilAllAreIn(stream: boolean, addresses: number): number {
  const keys = Array.from({ length: CLIENTS }, generatePrivateKey)
  const serverKey = generatePrivateKey()
  const serverId = publicKeyOf(serverKey)
  const protocolOf = (key: string) => new WireGuardProtocol(parseBase64Key(key, 'private key'))
  const server = noiseCipher(
    protocolOf(serverKey),
    keys.map((key) => ({ id: publicKeyOf(key) })),
    {},
  )
  const far = deadLink()
  const waiting = new Set<Client>()
  const ask = (client: Client, datagrams: readonly Uint8Array[], now: number) => {
    const sent = datagrams.map((bytes) => Uint8Array.from(bytes))
    const { replies } = server.open(client.link, sent, now)
    const answers = replies.map((bytes) => Uint8Array.from(bytes))
    client.cipher.open(far, answers, now)
    if (client.cipher.sessions!.live(serverId, now)) waiting.delete(client)
  }
  for (const [number, key] of keys.entries()) {
    const cipher = noiseCipher(protocolOf(key), [{ id: serverId }], {})
    const source = Uint8Array.of(192, 0, 2, number % addresses)
    waiting.add({ cipher, link: { ...deadLink(`sim://client-${number}`), stream, source } })
  }
  for (const client of waiting) ask(client, client.cipher.sessions!.initiate(serverId, START), START)
  let now = START
  for (; waiting.size > 0; now += STEP) {
    for (const client of waiting) {
      if (client.cipher.nextTick > now) continue
      for (const { datagrams } of client.cipher.tick(now)) ask(client, datagrams, now)
    }
    if (now > START + 120_000) throw new Error(`${waiting.size} clients wait in vain`)
  }
  return now - START
}
