import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { aes256Gcm, chacha20Poly1305 } from '../../src/ciphers/psk.js'
import { wireguard } from '../../src/ciphers/wireguard.js'
import { ConfigError } from '../../src/core/api/errors.js'
import type { CipherPart, CipherSettings } from '../../src/core/plugin/plugin.js'
import { partContext } from '../support/ciphers/part-context.js'
import { RecordingLogger } from '../support/ciphers/tunnels.js'
import { End } from '../support/netsim/end.js'
import { Network } from '../support/netsim/network.js'
import { ipv4Packet } from '../support/netsim/packets.js'
import { Simulation } from '../support/netsim/simulation.js'

/** What each cipher needs at either end; the keys are those that must never be seen. */
function settingsOf(plugin: CipherPart): { near: CipherSettings; far: CipherSettings; keys: Uint8Array[] } {
  if (plugin !== wireguard) {
    const key = randomBytes(32)
    const settings = { key: key.toString('hex'), peers: [{ id: 'peer' }] }
    return { near: settings, far: settings, keys: [key] }
  }
  const [near, far, psk] = [generatePrivateKey(), generatePrivateKey(), generateSharedKey()]
  return {
    near: { privateKey: near, peers: [{ id: publicKeyOf(far), presharedKey: psk }] },
    far: { privateKey: far, peers: [{ id: publicKeyOf(near), presharedKey: psk }] },
    keys: [near, far, psk].map((key) => Buffer.from(key, 'base64')),
  }
}

describe.each([wireguard, aes256Gcm, chacha20Poly1305])('the plugin $name', (plugin) => {
  it('makes ciphers that understand each other, and shows no key in any log, error or datagram', () => {
    const simulation = new Simulation()
    const network = new Network(simulation)
    const log = new RecordingLogger()
    const { near, far, keys } = settingsOf(plugin)
    const client = new End(
      simulation,
      network,
      'client',
      plugin.create({ ...near, ...partContext({ clock: simulation, log }) }),
    )
    const server = new End(
      simulation,
      network,
      'server',
      plugin.create({ ...far, ...partContext({ clock: simulation, log }) }),
    )
    client.use(near.peers[0]!.id, 'server')
    client.send(near.peers[0]!.id, ipv4Packet(100))
    simulation.advance(100)
    expect(server.delivered).toHaveLength(1)
    network.weather = () => []
    simulation.advance(1000)
    client.initiate(near.peers[0]!.id)
    simulation.advance(200_000)
    client.cipher.close()
    server.cipher.close()
    const seen = [...log.lines, JSON.stringify(client.cipher.drops)].join('\n')
    const wire = Buffer.concat(network.sent.map(({ bytes }) => bytes))
    expect(log.lines.length).toBeGreaterThan(2)
    for (const key of keys.map((bytes) => Buffer.from(bytes))) {
      for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const)
        expect(seen).not.toContain(key.toString(form))
      expect(wire.includes(key)).toBe(false)
    }
  })

  // That of WireGuard waits for its private key, which its tools may give it.
  if (plugin !== wireguard) {
    it('needs its key, and says how to make one', () => {
      const create = () => plugin.create({ peers: [{ id: 'peer' }], ...partContext() })
      expect(create).toThrow(ConfigError)
      expect(create).toThrow(/make one with "qanat genpsk"/)
    })
  }

  it('refuses the keys of another cipher', () => {
    const both = { key: generateSharedKey(), privateKey: generatePrivateKey(), peers: [{ id: 'peer' }] }
    expect(() => plugin.create({ ...both, ...partContext() })).toThrow(ConfigError)
  })
})

it('refuses more than one peer for a shared key', () => {
  const settings = { key: generateSharedKey(), peers: [{ id: 'a' }, { id: 'b' }] }
  expect(() => aes256Gcm.create({ ...settings, ...partContext() })).toThrow(
    /2 peers: it joins exactly two ends/,
  )
})
