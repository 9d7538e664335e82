import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeAead } from '../../src/ciphers/aead/aead-node.js'
import { answerCapabilities, Capabilities } from '../../src/ciphers/noise/control/capabilities.js'
import {
  CONTROL_TYPES,
  writeControl,
  writeEcho,
  writeGoodbye,
  writeProbe,
} from '../../src/ciphers/noise/control/control.js'
import { settingsItems } from '../../src/ciphers/noise/control/control-settings.js'
import { writeDatagramLimit } from '../../src/ciphers/noise/control/datagram-limit.js'
import { EndIds } from '../../src/ciphers/noise/handshake/end-ids.js'
import { WireGuardProtocol } from '../../src/ciphers/noise/handshake/wireguard-protocol.js'
import { KeyPair } from '../../src/ciphers/noise/session/key-pair.js'
import { writeFragmentHeader } from '../../src/ciphers/noise/session/tunnel-fragments.js'
import { PARTIAL_BIT, writeSuperHeader } from '../../src/ciphers/noise/wire/frames.js'
import { CHACHAPOLY_BLAKE2S } from '../../src/ciphers/noise/wire/suite.js'
import { xor } from '../../src/ciphers/xor.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { packetOf } from '../../src/core/api/packet.js'
import { parseIpPrefix } from '../../src/core/ip/ip-prefix.js'
import { Deadline } from '../../src/core/time/deadline.js'
import {
  END_RECORD,
  markRecord,
  RECORD,
  recordHead,
  skipRecord,
  writeHead,
} from '../../src/transports/http/session/wire.js'
import { CLOSING_FRAME, writeFrame } from '../../src/transports/streams/framing.js'
import {
  controlFrame,
  headerBytes,
  OPCODE,
  writeHeader,
} from '../../src/transports/websocket/frames/frame-header.js'
import { partContext } from '../support/ciphers/part-context.js'
import { keysBy, pskProtocol } from '../support/ciphers/psk-protocols.js'

const page = readFileSync(join(import.meta.dirname, '../../docs/protocol.md'), 'utf8')

/** A name, and the block behind it: bytes in hexadecimal at the start of each line, then what they are. */
const DUMP = /<!-- bytes: (\S+) -->\n```text\n(.*?)```\n/gs
const HEX = /^(?:[0-9a-f]{2} ?)+/

const dumps = new Map(
  [...page.matchAll(DUMP)].map(([, name, block]) => [
    name!,
    Buffer.from(
      block!
        .split('\n')
        .map((line) => HEX.exec(line)?.[0] ?? '')
        .join('')
        .replaceAll(' ', ''),
      'hex',
    ),
  ]),
)

interface Suite {
  readonly hash: 'blake2s256' | 'sha256'
  readonly aead: 'chacha20-poly1305' | 'aes-256-gcm'
}

const BLAKE2S: Suite = { hash: 'blake2s256', aead: 'chacha20-poly1305' }
const SHA256: Suite = { hash: 'sha256', aead: 'aes-256-gcm' }

const PACKET = Buffer.from('450000140000000040fd00000a0000010a000002', 'hex')
const ID = 0x01020304

/** What the program writes, for each dump of the page. */
const WRITTEN: Readonly<Record<string, () => Uint8Array>> = {
  xor: () => {
    const cipher = xor.create({ key: '1234abcd', peers: [{ id: 'peer' }], ...partContext() })
    return cipher.seal('peer', [packetOf(PACKET)], 2000, 0)[0]!
  },
  tcp: () => {
    const stream = new Uint8Array(2 + PACKET.length + CLOSING_FRAME.length)
    stream.set(CLOSING_FRAME, writeFrame(stream, 0, PACKET))
    return stream
  },
  'websocket-server': () => webSocketHeader(300, false),
  'websocket-client': () => webSocketHeader(300, true),
  'websocket-short': () => webSocketHeader(32, false),
  'websocket-close': () => controlFrame(OPCODE.close, Uint8Array.of(0x03, 0xe8), new Uint8Array(0)),
  'http-up': () => {
    const session = Uint8Array.from({ length: 16 }, (_, index) => index)
    const frame = new Uint8Array(2 + PACKET.length)
    writeFrame(frame, 0, PACKET)
    const head = { kind: 'up', flags: 0, session, ack: 300, offset: 22, window: 524_288 } as const
    return Buffer.concat([writeHead(head), frame])
  },
  'http-records': () =>
    Buffer.concat([recordHead(RECORD.data, 22), markRecord(44), skipRecord(1_000), END_RECORD]),
  data: () => {
    const keys = { send: new Uint8Array(32), receive: new Uint8Array(32) }
    const common = { suite: CHACHAPOLY_BLAKE2S, limits: { rekeyAfter: 10, rejectAfter: 10 }, initiator: true }
    const pair = new KeyPair({
      ...common,
      useKey: keysBy(nodeAead, CHACHAPOLY_BLAKE2S),
      keys,
      localIndex: 1,
      remoteIndex: ID,
      now: 0,
    })
    const datagram = new Uint8Array(16 + PACKET.length + 16)
    pair.seal(new Uint8Array(32), 0)
    datagram.set(PACKET, 16)
    pair.seal(datagram, PACKET.length)
    return datagram
  },
  'partial-checksum': () => Uint8Array.of(PACKET[0]! | PARTIAL_BIT),
  'super-packet': () => {
    const header = new Uint8Array(4)
    writeSuperHeader(header, 0, { bytes: PACKET, segmentSize: 1380, checksum: 'partial' })
    return header
  },
  fragment: () => {
    const header = new Uint8Array(3)
    writeFragmentHeader(header, 0, 1, 2)
    return header
  },
  'capabilities-request': () => {
    const capabilities = new Capabilities(new Deadline())
    capabilities.begin(ID, 0)
    return capabilities.ask(true, 0)!
  },
  'capabilities-response': () => answerCapabilities(ID, false),
  probe: () => writeProbe(ID),
  echo: () => writeEcho(ID),
  goodbye: () => writeGoodbye(ID),
  'datagram-limit': () => writeDatagramLimit(ID, 8_192),
  'settings-request': () => writeControl({ type: CONTROL_TYPES.settingsRequest, id: ID, items: [] }),
  'settings-news': () => writeControl({ type: CONTROL_TYPES.settingsNews, id: ID, items: [] }),
  'settings-response': () =>
    writeControl({
      type: CONTROL_TYPES.settingsResponse,
      id: ID,
      items: settingsItems({
        addresses: [parseIpPrefix('10.20.0.7/32')!],
        routes: [parseIpPrefix('192.168.7.0/24')!],
        nameServers: ['10.20.0.1'],
        searchDomains: ['example.org'],
        mtu: 1400,
      }),
    }),
}

describe('docs/protocol.md', () => {
  it('shows each of these bytes, and no others', () => {
    expect([...dumps.keys()].sort()).toEqual(Object.keys(WRITTEN).sort())
  })

  it.each(Object.entries(WRITTEN))('shows %s as the program writes it', (name, write) => {
    expect(dumps.get(name)?.toString('hex')).toBe(Buffer.from(write()).toString('hex'))
  })

  describe('of wireguard', () => {
    const [near, far] = [privateKey(1), privateKey(2)]
    const [nearKey, farKey] = [publicBytes(near), publicBytes(far)]
    const presharedKey = Buffer.alloc(32, 3)
    const timestamp = Buffer.alloc(12, 4)
    const remote = (key: Buffer) => ({
      id: key.toString('base64'),
      presharedKey: presharedKey.toString('base64'),
    })
    const begin = () => {
      const state = new PageState(BLAKE2S, 'Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s')
      state.mixHash(Buffer.from('WireGuard v1 zx2c4 Jason@zx2c4.com'))
      state.mixHash(farKey)
      return state
    }

    it('describes the initiation to its last byte', () => {
      const { initiation } = new WireGuardProtocol(secretBytes(1))
        .remote(remote(farKey))
        .start(ID, timestamp)!
      expect(initiation.length).toBe(148)
      expect(hex(initiation.subarray(0, 8))).toBe('0100000004030201')
      const state = begin()
      const ephemeral = initiation.subarray(8, 40)
      state.mixEphemeral(ephemeral)
      state.mixKey(agree(far, ephemeral))
      expect(hex(state.open(initiation.subarray(40, 88)))).toBe(hex(nearKey))
      state.mixKey(agree(far, nearKey))
      expect(hex(state.open(initiation.subarray(88, 116)))).toBe(hex(timestamp))
      expect(hex(initiation.subarray(116))).toBe('00'.repeat(32))
    })

    it('describes the response and the keys of the session to their last byte', () => {
      const state = begin()
      const ephemeral = privateKey(9)
      state.mixEphemeral(publicBytes(ephemeral))
      state.mixKey(agree(ephemeral, farKey))
      const identity = state.seal(nearKey)
      state.mixKey(agree(near, farKey))
      const body = [publicBytes(ephemeral), identity, state.seal(timestamp), Buffer.alloc(32)]
      const initiation = Buffer.concat([Buffer.from('0100000004030201', 'hex'), ...body])

      const protocol = new WireGuardProtocol(secretBytes(2))
      const question = protocol.read(initiation)
      if (typeof question === 'string') throw new Error(question)
      const { response, keys } = protocol.remote(remote(nearKey)).answer(question, 0x0a0b0c0d)!
      expect(response.length).toBe(92)
      expect(hex(response.subarray(0, 12))).toBe('020000000d0c0b0a04030201')
      const answered = response.subarray(12, 44)
      state.mixEphemeral(answered)
      state.mixKey(agree(ephemeral, answered))
      state.mixKey(agree(near, answered))
      state.mixKeyAndHash(presharedKey)
      expect(state.open(response.subarray(44, 60)).length).toBe(0)
      expect(hex(response.subarray(60))).toBe('00'.repeat(32))
      expect(state.sessionKeys().map(hex)).toEqual([hex(keys.receive), hex(keys.send)])
    })
  })

  describe.each([
    ['aes-256-gcm', SHA256, 'Noise_NNpsk0_25519_AESGCM_SHA256'],
    ['chacha20-poly1305', BLAKE2S, 'Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s'],
  ] as const)('of %s', (name, suite, noise) => {
    const key = Buffer.alloc(32, 5)
    const [nearId, farId] = [Buffer.alloc(16, 6), Buffer.alloc(16, 7)]
    const timestamp = Buffer.alloc(12, 8)
    const protocolOf = (id: Uint8Array) =>
      pskProtocol(name, Uint8Array.from(key), new EndIds(id, silentLogger), 'peer')
    const begin = () => {
      const state = new PageState(suite, noise)
      state.mixHash(Buffer.from('qanat-psk-v1'))
      state.mixKeyAndHash(key)
      return state
    }

    it('describes the initiation to its last byte', () => {
      const { initiation } = protocolOf(nearId).remote({ id: 'peer' }).start(ID, timestamp)!
      expect(initiation.length).toBe(116)
      expect(hex(initiation.subarray(0, 8))).toBe('0100000004030201')
      const state = begin()
      state.mixEphemeral(initiation.subarray(8, 40))
      expect(hex(state.open(initiation.subarray(40, 84)))).toBe(hex(timestamp) + hex(nearId))
      expect(hex(initiation.subarray(84))).toBe('00'.repeat(32))
    })

    it('describes the response and the keys of the session to their last byte', () => {
      const state = begin()
      const ephemeral = privateKey(9)
      state.mixEphemeral(publicBytes(ephemeral))
      const body = [publicBytes(ephemeral), state.seal(Buffer.concat([timestamp, nearId])), Buffer.alloc(32)]
      const initiation = Buffer.concat([Buffer.from('0100000004030201', 'hex'), ...body])

      const protocol = protocolOf(farId)
      const question = protocol.read(initiation)
      if (typeof question === 'string') throw new Error(question)
      const { response, keys } = protocol.remote({ id: 'peer' }).answer(question, 0x0a0b0c0d)!
      expect(response.length).toBe(108)
      expect(hex(response.subarray(0, 12))).toBe('020000000d0c0b0a04030201')
      const answered = response.subarray(12, 44)
      state.mixEphemeral(answered)
      state.mixKey(agree(ephemeral, answered))
      expect(hex(state.open(response.subarray(44, 76)))).toBe(hex(farId))
      expect(hex(response.subarray(76))).toBe('00'.repeat(32))
      expect(state.sessionKeys().map(hex)).toEqual([hex(keys.receive), hex(keys.send)])
    })
  })
})

function webSocketHeader(length: number, masked: boolean): Uint8Array {
  const header = new Uint8Array(8)
  const bytes = headerBytes(length, masked)
  writeHeader(header, 0, OPCODE.binary, length, masked)
  if (masked) header.set([0x11, 0x22, 0x33, 0x44], bytes - 4)
  return header.subarray(0, bytes)
}

/** The state of a handshake as the page defines it, from node:crypto alone: it shares no code with the program. */
class PageState {
  readonly #suite: Suite
  #hash: Uint8Array
  #chain: Uint8Array
  #key: Uint8Array = Buffer.alloc(32)

  constructor(suite: Suite, name: string) {
    this.#suite = suite
    const text = Buffer.from(name)
    this.#hash = text.length > 32 ? this.#digest(text) : Buffer.concat([text, Buffer.alloc(32 - text.length)])
    this.#chain = this.#hash
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#digest(this.#hash, data)
  }

  mixKey(input: Uint8Array): void {
    const [chain, key] = this.#kdf(input, 2)
    this.#chain = chain!
    this.#key = key!
  }

  mixEphemeral(publicKey: Uint8Array): void {
    this.mixHash(publicKey)
    this.mixKey(publicKey)
  }

  mixKeyAndHash(input: Uint8Array): void {
    const [chain, hash, key] = this.#kdf(input, 3)
    this.#chain = chain!
    this.mixHash(hash!)
    this.#key = key!
  }

  /** The keys of the initiator and of the responder. */
  sessionKeys(): Buffer[] {
    return this.#kdf(Buffer.alloc(0), 2)
  }

  /** Each key seals one field only, so the counter is always 0. */
  seal(text: Uint8Array): Buffer {
    const cipher = createCipheriv(this.#suite.aead as 'chacha20-poly1305', this.#key, Buffer.alloc(12), {
      authTagLength: 16,
    })
    cipher.setAAD(this.#hash, { plaintextLength: text.length })
    const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
    this.mixHash(sealed)
    return sealed
  }

  open(sealed: Uint8Array): Buffer {
    const decipher = createDecipheriv(this.#suite.aead as 'chacha20-poly1305', this.#key, Buffer.alloc(12), {
      authTagLength: 16,
    })
    decipher.setAAD(this.#hash, { plaintextLength: sealed.length - 16 })
    decipher.setAuthTag(sealed.subarray(-16))
    const text = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
    this.mixHash(sealed)
    return text
  }

  #digest(...parts: readonly Uint8Array[]): Buffer {
    return createHash(this.#suite.hash).update(Buffer.concat(parts)).digest()
  }

  #kdf(input: Uint8Array, outputs: number): Buffer[] {
    const hmac = (key: Uint8Array, data: Uint8Array) =>
      createHmac(this.#suite.hash, key).update(data).digest()
    const secret = hmac(this.#chain, input)
    const made: Buffer[] = []
    for (let number = 1; number <= outputs; number++)
      made.push(hmac(secret, Buffer.concat([made.at(-1) ?? Buffer.alloc(0), Buffer.of(number)])))
    return made
  }
}

function secretBytes(fill: number): Buffer {
  return Buffer.alloc(32, fill)
}

function privateKey(fill: number): KeyObject {
  const key = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secretBytes(fill)])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

function publicBytes(key: KeyObject): Buffer {
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url')
}

function agree(own: KeyObject, bytes: Uint8Array): Buffer {
  const jwk = { kty: 'OKP', crv: 'X25519', x: Buffer.from(bytes).toString('base64url') }
  return diffieHellman({ privateKey: own, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) })
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
