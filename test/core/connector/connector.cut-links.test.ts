import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { choosePlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { ipPacket } from '../../../src/conformance/kit/packets.js'
import { SOLE_PEER } from '../../../src/core/api/config.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import type { MemoryTunDriver } from '../../../src/tun/memory.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'

const KEY = randomBytes(32).toString('base64')
const IS_LONG = process.env.QANAT_CUT_LINKS !== undefined
/** Seconds at which connections are cut, and how often once that is known: `npm run long -- cut-links` has 30 and ten. */
const AGE = Number(process.env.QANAT_CUT_LINKS ?? 3)
const CUTS = IS_LONG ? 10 : 2
/** Milliseconds between packets, and until all of them are back. */
const INTERVAL = 10
const ROUND = 2_000
/** Bytes of the packets: where their number stands. */
const LENGTH = 100
const NUMBER = 40

it(
  `a tunnel whose connections are cut each ${AGE} s loses none of a packet each ${INTERVAL} ms over ${CUTS} cuts`,
  async ({ annotate }) => {
    const far = await start([], [new URL('ws://127.0.0.1:0/')])
    const balancer = await cuttingBalancer(Number(far.endpoint!.port))
    const near = await start([new URL(`ws://127.0.0.1:${balancer.port}/`)], [])
    far.device.host = (packets) => {
      for (const { bytes } of packets) {
        const packet = Uint8Array.from(bytes)
        queueMicrotask(() => far.device.inject(packet))
      }
    }
    const back: number[] = []
    near.device.host = (packets) => {
      for (const { bytes } of packets) back.push(numberIn(bytes).getUint32(0))
    }
    let sent = 0
    const sending = setInterval(() => {
      const packet = ipPacket(LENGTH, 4)
      numberIn(packet).setUint32(0, sent++)
      near.device.inject(packet)
    }, INTERVAL)
    afterTest(() => clearInterval(sending))
    const patience = 1_000 * AGE * (CUTS + 3) + 10_000
    const lines = (message: string) => near.lines.filter((line) => line === message).length
    await eventually('the age is known', () => lines('links are cut at an age: renewed before'), 1, patience)
    await eventually('the peer is reached again', () => near.tunnel.status().peers[0]!.remote, Boolean)
    await pause(ROUND)
    const [first, cuts, lost] = [sent, balancer.cuts(), lines('link lost')]
    await eventually('as many are cut', () => balancer.cuts() >= cuts + CUTS, true, patience)
    const shown = near.tunnel.status().troubles
    clearInterval(sending)
    await pause(ROUND)
    const answers = back.filter((number) => number >= first)
    await annotate(`${answers.length} of ${sent - first} answered over ${balancer.cuts() - cuts} cuts`)
    expect([new Set(answers).size, answers.length]).toEqual([sent - first, sent - first])
    expect(lines('link lost')).toBe(lost)
    const [trouble] = shown
    expect([shown.length, trouble?.code, trouble?.why.replace(/[\d.]+/, 'N')]).toEqual([
      1,
      'link-aged',
      'links are cut after N s, renewed before',
    ])
  },
  1_000 * AGE * (CUTS + 6) + 60_000,
)

function numberIn(packet: Uint8Array): DataView {
  return new DataView(packet.buffer, packet.byteOffset + NUMBER)
}

/** What stands before a server as a load balancer does, and cuts each connection at its age. */
async function cuttingBalancer(target: number) {
  let cuts = 0
  const server = net.createServer({ noDelay: true }, (near) => {
    const far = net.connect({ port: target, host: '127.0.0.1', noDelay: true })
    near.pipe(far).pipe(near)
    const cut = setTimeout(() => {
      cuts++
      near.destroy()
      far.destroy()
    }, 1_000 * AGE)
    for (const socket of [near, far]) socket.on('error', () => {}).on('close', () => clearTimeout(cut))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterTest(() => void server.close())
  return { port: (server.address() as net.AddressInfo).port, cuts: () => cuts }
}

/** One end of a tunnel on loopback, with a device in memory. */
async function start(endpoints: readonly URL[], listen: readonly URL[]) {
  const lines: string[] = []
  let endpoint: URL | undefined
  const note: Logger['info'] = (message, fields) => {
    lines.push(message)
    if (message === 'listening') endpoint = new URL(String(fields?.endpoint))
  }
  const container = await createContainer({ ...silentLogger, info: note, warn: note }, [])
  const peers = [{ id: SOLE_PEER, allowed: EVERYTHING, endpoints }]
  const tun = { name: undefined, mtu: 1420, addresses: [], routes: [] }
  const config = { cipher: 'aes-256-gcm', key: KEY, peers, listen, tunDriver: 'memory', tun, plugins: [] }
  const tunnel = await Tunnel.start(container, config, new AbortController().signal)
  afterTest(() => tunnel.close())
  const made = choosePlugin(container, 'TUN driver', 'memory').make({}, new AbortController().signal)
  const device = (made as MemoryTunDriver).devices.get(tunnel.device)!
  return { tunnel, lines, endpoint, device }
}
