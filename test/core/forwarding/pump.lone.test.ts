import { afterAll, expect, it } from 'vitest'
import { freshKeys } from '../../../lab/end-keys.js'
import { createContainer } from '../../../src/app/container.js'
import { choosePlugin } from '../../../src/app/plugins/plugins.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Cipher } from '../../../src/core/api/cipher.js'
import { SOLE_PEER } from '../../../src/core/api/config.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { packetOf } from '../../../src/core/api/packet.js'
import { FirstSender } from '../../../src/core/forwarding/first-sender.js'
import { Pump } from '../../../src/core/forwarding/pump.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { Executions } from '../../support/executions.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { FakeTun, ipv4, LAB_MTU, makeSegmenter } from './pump-lab.js'

/** Pieces of code that one packet may run, from the device to the link and from the link to the device. */
const MOST = { 'aes-256-gcm': { out: 89, into: 107 }, wireguard: { out: 149, into: 153 } } as const

const ANY = ['0.0.0.0/0'].map((prefix) => parseIpPrefix(prefix)!)
/** Packets each way before the one that is counted: the first ones have more to do. */
const BEFORE = 5

/** Made before anything is called, so that blocks count in whichever test comes first. */
const executions = new Executions()

afterAll(() => executions.close())

it.skipIf(nativeMissing).for(['aes-256-gcm', 'wireguard'] as const)(
  orSkipped('runs few pieces of code for one packet each way: %s', nativeMissing),
  async (name) => {
    const keys = freshKeys(name)
    const [near, far] = [await end(name, keys.near), await end(name, keys.far)]
    const packets = Array.from({ length: BEFORE + 1 }, (_, mark) => whole(ipv4(1, 10, mark)))
    near.pump.run((now) => near.link.send(near.cipher.sessions!.initiate(near.peer.id, now)))
    for (let round = 0; round < 6; round++) for (const to of [far, near]) to.take(to === far ? near : far)
    for (const packet of packets.slice(0, BEFORE)) {
      near.leave(packet)
      far.take(near)
      far.leave(packet)
      near.take(far)
    }
    const out = executions.during(() => near.leave(packets[BEFORE]!))
    const into = executions.during(() => far.take(near))
    expect(far.tun.packets).toHaveLength(BEFORE + 1)
    expect(out).toBeLessThanOrEqual(MOST[name].out)
    expect(into).toBeLessThanOrEqual(MOST[name].into)
  },
)

/** A packet that tells its length, as the one that opens it wants to know. */
function whole(packet: Uint8Array): Uint8Array {
  packet[3] = packet.length
  return packet
}

/** An end whose link delivers what `take` of another one asks for. */
async function end(name: string, own: ReturnType<typeof freshKeys>['near']) {
  const id = 'shared' in own ? SOLE_PEER : own.peerKey
  const secrets = 'shared' in own ? { key: own.shared } : { privateKey: own.privateKey }
  const container = await createContainer(silentLogger, [])
  const settings = { ...secrets, peers: [{ id }] }
  const cipher: Cipher = await choosePlugin(container, 'cipher', name).make(
    settings,
    new AbortController().signal,
  )
  const [link, tun, peers, peer] = [new FakeLink(), new FakeTun(), new Peers(), new Peer(id)]
  peers.add(peer, ANY)
  peer.link = link
  const pump = new Pump({
    tun,
    cipher,
    peers,
    firstSender: new FirstSender(),
    mtu: LAB_MTU,
    segmenter: makeSegmenter(),
    clock: new VirtualClock(),
    log: silentLogger,
    failed(error) {
      throw error
    },
  })
  pump.start()
  return {
    cipher,
    link,
    peer,
    pump,
    tun,
    leave: (packet: Uint8Array) => tun.handlers!.receive([packetOf(packet)]),
    /** Receives what another end has sent since it was last asked. */
    take(other: { readonly link: FakeLink }) {
      for (const batch of other.link.batches.splice(0)) pump.receive(link, batch)
    },
  }
}
