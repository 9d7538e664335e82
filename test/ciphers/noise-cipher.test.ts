import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { sharedKeyCipher } from '../../src/ciphers/noise-cipher.js'
import type { NoiseCipherOptions } from '../../src/ciphers/noise-cipher-options.js'
import { chacha20Poly1305 } from '../../src/ciphers/psk.js'
import type { AeadFunctions } from '../../src/core/api/aead.js'
import { ConfigError, PluginError } from '../../src/core/api/errors.js'
import { nodeAeadFunctions } from '../support/ciphers/node-aead-functions.js'
import { partContext } from '../support/ciphers/part-context.js'
import { End } from '../support/netsim/end.js'
import { Network } from '../support/netsim/network.js'
import { ipv4Packet, numberOf } from '../support/netsim/packets.js'
import { Simulation } from '../support/netsim/simulation.js'

const KEY = randomBytes(32).toString('hex')
const CHACHA = nodeAeadFunctions('chacha20-poly1305', { keyBytes: 32, nonceBytes: 12 })
const LIMITS = { rekeyAfter: 100, rejectAfter: 200 }

type Plugin = ReturnType<typeof sharedKeyCipher>

function named(name: string, aead: AeadFunctions, more: Partial<NoiseCipherOptions> = {}): Plugin {
  return sharedKeyCipher({ name, aead, limits: LIMITS, ...more })
}

/** Two ends in a simulated network, each with a cipher of its own. */
function ends(one: Plugin, other: Plugin) {
  const simulation = new Simulation()
  const network = new Network(simulation)
  const end = (address: string, plugin: Plugin) => {
    const context = { key: KEY, peers: [{ id: 'peer' }], ...partContext({ clock: simulation }) }
    return new End(simulation, network, address, plugin.create(context))
  }
  const [near, far] = [end('near', one), end('far', other)]
  near.use('peer', 'far')
  return { simulation, network, near, far }
}

/** The numbers of the packets that arrive, of one sent each way. */
function exchanged({ simulation, near, far }: ReturnType<typeof ends>) {
  near.send('peer', ipv4Packet(200, 1))
  simulation.advance(1000)
  far.send('peer', ipv4Packet(200, 2))
  simulation.advance(1000)
  return [...far.delivered, ...near.delivered].map(({ bytes }) => numberOf(bytes))
}

/** Seals by HMAC of all that is to be bound, with lengths that no built-in algorithm has; it hides nothing. */
function oddAead(tagBytes: number): AeadFunctions {
  const tagOf = (key: Uint8Array, nonce: Uint8Array, text: Uint8Array, associated: Uint8Array) => {
    if (key.length !== 16 || nonce.length !== 20) throw new Error(`${key.length} and ${nonce.length} bytes`)
    const hash = createHmac('sha512', key).update(nonce).update(associated).update('|').update(text)
    return hash.digest().subarray(0, tagBytes)
  }
  return {
    ...{ keyBytes: 16, nonceBytes: 20, tagBytes },
    seal: (key, nonce, text, associated) => Buffer.concat([text, tagOf(key, nonce, text, associated)]),
    open(key, nonce, sealed, associated) {
      const text = sealed.subarray(0, -tagBytes)
      const genuine = tagOf(key, nonce, text, associated).equals(sealed.subarray(-tagBytes))
      return genuine ? text : undefined
    },
  }
}

describe('sharedKeyCipher', () => {
  it('makes the same datagrams of two functions as the built-in cipher of their algorithm', () => {
    const made = named('mine', CHACHA, { noiseName: 'ChaChaPoly' })
    expect(exchanged(ends(made, chacha20Poly1305))).toEqual([1, 2])
    expect(exchanged(ends(chacha20Poly1305, made))).toEqual([1, 2])
  })

  it('has the name in the protocol, so ends with the same algorithm under two names do not meet', () => {
    expect(exchanged(ends(named('one-name', CHACHA), named('one-name', CHACHA)))).toEqual([1, 2])
    expect(exchanged(ends(named('one-name', CHACHA), named('onename', CHACHA)))).toEqual([])
    const other = named('one-name', CHACHA, { hash: 'SHA256' })
    expect(exchanged(ends(named('one-name', CHACHA), other))).toEqual([])
  })

  it.each([16, 24, 32])('takes keys, nonces and tags as long as they are said to be: tags of %d', (tag) => {
    const made = ends(named('odd', oddAead(tag)), named('odd', oddAead(tag)))
    expect(exchanged(made)).toEqual([1, 2])
    const { cipher } = made.near
    expect(cipher.sessions!.envelope).toBe(16 + tag)
    const data = made.network.sent.filter(({ bytes }) => bytes[0] === 4).map(({ bytes }) => bytes.length)
    expect(data).toContain(200 + 16 + tag)
    const lengths = made.network.sent.map(({ bytes }) => bytes.length)
    expect(lengths.slice(0, 2)).toEqual([100 + tag, 92 + tag])
  })

  it('renews a session after its limits', () => {
    const made = ends(named('mine', CHACHA), named('mine', CHACHA))
    exchanged(made)
    const initiations = () => made.network.sent.filter(({ bytes }) => bytes[0] === 1).length
    const before = initiations()
    for (let sent = 0; sent < LIMITS.rekeyAfter; sent += 10) {
      for (let number = 0; number < 10; number++) made.near.send('peer', ipv4Packet(100, sent + number))
      made.simulation.advance(1000)
    }
    expect(initiations() - before).toBe(1)
    expect(made.far.delivered).toHaveLength(LIMITS.rekeyAfter + 1)
  })

  it('drops and counts what its function throws for', () => {
    const made = ends(named('mine', CHACHA), named('mine', CHACHA))
    exchanged(made)
    made.network.weather = () => []
    made.near.send('peer', ipv4Packet(200, 3))
    const datagram = Uint8Array.from(made.network.sent.at(-1)!.bytes)
    datagram[datagram.length - 1]! ^= 1
    const { opened } = made.far.cipher.open(
      made.network.link('far', 'near'),
      [datagram],
      made.simulation.now(),
    )
    expect(opened).toEqual([])
    expect(made.far.cipher.drops.authFailed).toBe(1)
  })

  it.each<[string, () => unknown, string]>([
    ['a list', () => [1, 2], 'a value of type object'],
    ['a text', () => 'the packet\nitself', 'a value of type string'],
    ['nothing', () => undefined, 'a value of type undefined'],
    ['no tag', () => new Uint8Array(200), '200 bytes'],
    ['a promise', () => Promise.reject(new Error('of nobody')), 'a promise'],
  ])('throws if sealing leads to %s, shows none of it, and sends nothing', (_what, made, called) => {
    const { seal, ...rest } = CHACHA
    let broken = false
    const wrong: AeadFunctions = {
      ...rest,
      seal: (...all) => (broken ? (made() as Uint8Array) : seal(...all)),
    }
    const pair = ends(named('mine', wrong), named('mine', CHACHA))
    exchanged(pair)
    broken = true
    const sent = pair.network.sent.length
    const message = `Cannot seal: the function 'seal' made ${called} of a text of 200 bytes, not 216 bytes with the tag`
    expect(() => pair.near.send('peer', ipv4Packet(200, 3))).toThrow(
      new PluginError(message, { code: 'ERR_PLUGIN_INVALID' }),
    )
    expect(pair.network.sent).toHaveLength(sent)
  })

  it('throws if opening leads to a promise, which may reject unheard', async () => {
    const open = (async () => Promise.reject(new Error('not authentic'))) as unknown as AeadFunctions['open']
    const pair = ends(named('mine', CHACHA), named('mine', { ...CHACHA, open }))
    const unheard = vi.fn()
    process.on('unhandledRejection', unheard)
    onTestFinished(() => void process.off('unhandledRejection', unheard))
    pair.near.send('peer', ipv4Packet(200, 1))
    const datagrams = pair.network.sent.map(({ bytes }) => Uint8Array.from(bytes))
    expect(() => pair.far.cipher.open(pair.network.link('far', 'near'), datagrams, 0)).toThrow(
      "Cannot open: the function 'open' returns a promise; it must open before it returns",
    )
    await new Promise(setImmediate)
    expect(unheard).not.toHaveBeenCalled()
  })

  it('forgets keys that are used no more', () => {
    const keys = new Set<Uint8Array>()
    const seal: AeadFunctions['seal'] = (key, ...rest) => {
      keys.add(key)
      return CHACHA.seal(key, ...rest)
    }
    const made = ends(named('mine', { ...CHACHA, seal }), named('mine', CHACHA))
    exchanged(made)
    expect([...keys].some((key) => key.some((byte) => byte !== 0))).toBe(true)
    made.near.cipher.close()
    expect([...keys].every((key) => key.every((byte) => byte === 0))).toBe(true)
  })
})

describe('sharedKeyCipher', () => {
  const whole = { name: 'mine', aead: CHACHA, limits: LIMITS }
  it.each([
    [
      { name: 'Mine' },
      'Cannot make a cipher of the name "Mine": a name is lower-case letters, digits and dashes',
    ],
    [{ name: undefined }, 'Cannot make a cipher of the name undefined'],
    [{ aead: undefined }, "Cannot make cipher mine: it has no 'aead'"],
    [
      { aead: { ...CHACHA, keyBytes: 8 } },
      'Cannot make cipher mine: its keys have 8 bytes, not 16 to 32 (keyBytes)',
    ],
    [{ aead: { ...CHACHA, keyBytes: 64 } }, 'its keys have 64 bytes, not 16 to 32 (keyBytes)'],
    [{ aead: { ...CHACHA, keyBytes: '32' } }, 'its keys have "32" bytes, not 16 to 32 (keyBytes)'],
    [
      { aead: { ...CHACHA, nonceBytes: 4 } },
      'its nonces have 4 bytes, not 8 to 32, a multiple of 4 (nonceBytes)',
    ],
    [
      { aead: { ...CHACHA, nonceBytes: 15 } },
      'its nonces have 15 bytes, not 8 to 32, a multiple of 4 (nonceBytes)',
    ],
    [{ aead: { ...CHACHA, tagBytes: 12 } }, 'its tags have 12 bytes, not 16 to 32 (tagBytes)'],
    [{ aead: { ...CHACHA, tagBytes: undefined } }, 'its tags have undefined bytes, not 16 to 32 (tagBytes)'],
    [
      { aead: { ...CHACHA, open: undefined } },
      "Cannot make cipher mine: its 'aead' lacks the function 'open'",
    ],
    [
      { limits: undefined },
      'Cannot make cipher mine: its limits are undefined and undefined datagrams, not 1 <= rekeyAfter < rejectAfter < 2^53',
    ],
    [{ limits: { rekeyAfter: 5, rejectAfter: 5 } }, 'its limits are 5 and 5 datagrams'],
    [{ limits: { rekeyAfter: 0, rejectAfter: 5 } }, 'its limits are 0 and 5 datagrams'],
    [{ limits: { rekeyAfter: 1, rejectAfter: 2 ** 53 } }, 'its limits are 1 and 9007199254740992 datagrams'],
    [{ noiseName: 'a_b' }, 'Cannot make cipher mine: its noiseName "a_b" is not letters, digits and slashes'],
    [{ hash: 'MD5' }, "Cannot make cipher mine: its hash 'MD5' is none of BLAKE2s, SHA256"],
  ])('refuses %j', (wrong, message) => {
    const make = () => sharedKeyCipher({ ...whole, ...wrong } as unknown as NoiseCipherOptions)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(message)
  })
})
