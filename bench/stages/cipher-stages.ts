import { freshKeys } from '../../lab/end-keys.js'
import { createContainer } from '../../src/app/container.js'
import { choosePlugin } from '../../src/app/plugins/plugins.js'
import type { Cipher, PeerId } from '../../src/core/api/cipher.js'
import { SOLE_PEER } from '../../src/core/api/config.js'
import { silentLogger } from '../../src/core/api/logger.js'
import type { Link } from '../../src/core/api/transport.js'
import { batch, batchOf, placed, SIZES } from './packets.js'
import type { Stage } from './stage.js'

/** Bytes. */
export const MAX_DATAGRAM = 65_535
/** Rounds of messages until two ends know all about each other. */
const ROUNDS = 10

/** The link that datagrams are said to come by. */
export const LINK: Link = {
  remote: 'bench',
  source: Uint8Array.of(127, 0, 0, 1),
  maxDatagram: MAX_DATAGRAM,
  stream: true,
  writable: true,
  drops: {},
  send() {},
  close: async () => {},
}

/** One end of a session. */
export interface End {
  readonly cipher: Cipher
  readonly peer: PeerId
}

/** Whole ciphers, with headers, counters and the replay window around the algorithm. */
export async function cipherStages(): Promise<Stage[]> {
  const stages: Stage[] = []
  for (const name of ['aes-256-gcm', 'chacha20-poly1305', 'wireguard', 'xor']) {
    const [near, far] = await session(name)
    const isAble = near.cipher.sessions?.takesSuperPackets(near.peer) ?? false
    for (const bytes of SIZES) {
      if (bytes <= 2000 || isAble) stages.push(sealing(name, near, bytes), opening(name, near, far, bytes))
    }
  }
  return stages
}

function sealing(name: string, { cipher, peer }: End, bytes: number): Stage {
  const packets = batch(bytes)
  const originals = packets.map((packet) => ({ ...packet, bytes: packet.bytes.slice() }))
  return {
    name: `cipher ${name}: seal`,
    bytes,
    packets: packets.length,
    prepare: () => {
      for (const [index, { bytes }] of originals.entries()) packets[index]!.bytes.set(bytes)
    },
    run: () => {
      const sealed = cipher.seal(peer, packets, MAX_DATAGRAM, 0)
      if (sealed.length !== packets.length) throw new Error(`Cannot seal with ${name}: packets were dropped`)
    },
  }
}

function opening(name: string, near: End, far: End, bytes: number): Stage {
  const originals = batch(bytes).map((packet) => ({ ...packet, bytes: packet.bytes.slice() }))
  const packets = batch(bytes)
  const memory = packets.map(() => placed(new Uint8Array(MAX_DATAGRAM - 100)))
  let datagrams: Uint8Array[] = []
  return {
    name: `cipher ${name}: open`,
    bytes,
    packets: batchOf(bytes),
    prepare: () => {
      for (const [index, original] of originals.entries()) packets[index]!.bytes.set(original.bytes)
      datagrams = near.cipher.seal(near.peer, packets, MAX_DATAGRAM, 0).map((datagram, index) => {
        const copy = memory[index]!.subarray(0, datagram.length)
        copy.set(datagram)
        return copy
      })
    },
    run: () => {
      const { opened } = far.cipher.open(LINK, datagrams, 0)
      if (opened[0]?.packets.length !== packets.length) throw new Error(`Cannot open with ${name}`)
    },
  }
}

/** Two ends that have agreed on keys and know what the other one can do. */
export async function session(name: string): Promise<[End, End]> {
  const container = await createContainer(silentLogger, [])
  const keys = freshKeys(name)
  const end = async (own: typeof keys.near): Promise<End> => {
    const peer = 'shared' in own ? SOLE_PEER : own.peerKey
    const secrets = 'shared' in own ? { key: own.shared } : { privateKey: own.privateKey }
    const settings = { ...secrets, peers: [{ id: peer }] }
    const cipher = await choosePlugin(container, 'cipher', name).make(settings, new AbortController().signal)
    return { cipher, peer }
  }
  const [near, far] = [await end(keys.near), await end(keys.far)]
  let messages = copies(near.cipher.sessions?.initiate(near.peer, 0) ?? [])
  for (let round = 0; round < ROUNDS; round++) {
    const receiver = round % 2 === 0 ? far : near
    const { replies } = receiver.cipher.open(LINK, messages, round)
    messages = copies(replies)
  }
  return [near, far]
}

function copies(datagrams: readonly Uint8Array[]): Uint8Array[] {
  return datagrams.map((datagram) => Uint8Array.from(datagram))
}
