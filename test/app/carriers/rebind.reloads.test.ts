import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import type { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import type { PeerConfig, TunnelConfig } from '../../../src/core/api/config.js'
import { NO_SETTINGS } from '../../../src/core/settings/client-settings.js'
import { afterTest } from '../../support/after-test.js'
import { eventually, turns } from '../../support/eventually.js'
import { LEAST_MARK, MemoryNet, packet, prefixes } from '../../support/memory-net.js'

/** Clients, of which one in five comes over TCP and one in five over WebSocket. */
const CLIENTS = 50
/** Rounds of the twenty settings; `npm run long -- reloads` makes more. */
const ROUNDS = Number(process.env.QANAT_RELOADS ?? 1)

type Change = (config: TunnelConfig) => TunnelConfig
type Groups = NonNullable<NonNullable<TunnelConfig['transports']>['groups']>
type Proxy = NonNullable<NonNullable<TunnelConfig['transports']>['proxy']>

const listening =
  (...texts: readonly string[]): Change =>
  (config) => ({ ...config, listen: [...config.listen.slice(0, 3), ...texts.map((text) => new URL(text))] })
const transports =
  (more: NonNullable<TunnelConfig['transports']>): Change =>
  (config) => ({ ...config, transports: { ...config.transports, ...more } })
const groups =
  (name: keyof Groups, more: object): Change =>
  (config) => {
    const all = config.transports?.groups
    return transports({ groups: { ...all, [name]: { ...all?.[name], ...more } } })(config)
  }
const proxy =
  (more: Proxy): Change =>
  (config) =>
    transports({ proxy: { ...config.transports?.proxy, ...more } })(config)
const lastPeer =
  (more: Partial<PeerConfig>): Change =>
  ({ peers, ...config }) => ({ ...config, peers: [...peers.slice(0, -1), { ...peers.at(-1)!, ...more }] })

describe('a reload under traffic', () => {
  let net: MemoryNet | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })

  /** A hub that listens in three ways. */
  async function start(count: number) {
    net = await MemoryNet.make()
    const clients = Array.from({ length: count }, (_, index) => net!.client(index + 2))
    const hub = net.hub(...clients.map(({ peer }) => peer))
    const more = ['tcp://127.0.0.1:0', 'ws://127.0.0.1:0/tunnel'].map((text) => new URL(text))
    const config = { ...hub, listen: [...hub.listen, ...more] }
    const tunnel = await net.start(config)
    const [memory, tcp, ws] = tunnel.status().listen
    const ways = [memory, tcp, memory, ws, memory].map((text) => new URL(text!))
    const started: Tunnel[] = []
    for (const [index, { config }] of clients.entries()) {
      const peers = config.peers.map((peer) => ({ ...peer, endpoints: [ways[index % ways.length]!] }))
      started.push(await net.start({ ...config, peers }))
    }
    for (const [index, client] of started.entries()) {
      expect(await net.reaches(client, tunnel, packet(index + 2, 1, 0))).toBe(true)
    }
    return { net, config, tunnel, clients: started }
  }

  it(`changes twenty settings, and ${CLIENTS} clients lose no packet either way`, async () => {
    const { clients, config: first, net, tunnel } = await start(CLIENTS)
    const root = join(temporaryFolder(), 'www')
    mkdirSync(root)
    const changes: readonly Change[] = [
      listening('tcp://127.0.0.2:0'),
      listening('ws://127.0.0.2:0/one', 'udp://127.0.0.1:0'),
      listening('ws://127.0.0.2:0/two', 'udp://127.0.0.1:0'),
      listening('ws://127.0.0.2:0/two'),
      groups('websocket', { documentRoot: root }),
      groups('websocket', { trustedProxies: ['192.0.2.0/24'] }),
      groups('websocket', { clientAddressHeader: 'x-real-ip' }),
      groups('websocket', { maxMessage: 4_096 }),
      groups('websocket', { headers: { 'X-Name': 'value' } }),
      groups('streams', { sendQueue: 524_288 }),
      groups('streams', { maxUnauthenticated: 2_000 }),
      groups('streams', { maxUnauthenticatedPerAddress: 500 }),
      groups('streams', { unauthenticatedTimeout: 5_000 }),
      groups('tls', { serverName: 'vpn.example.org' }),
      proxy({ url: new URL('http://192.0.2.7:3128') }),
      proxy({ auth: 'basic' }),
      proxy({ headers: { 'User-Agent': 'curl/8' } }),
      (config) => ({ ...config, isolateClients: true }),
      lastPeer({ push: { ...NO_SETTINGS, mtu: 1_300 } }),
      lastPeer({ allowed: prefixes('10.0.0.200/32') }), // the last client is who the change is about
    ]
    const hubWrote = net.device(tunnel).written
    const wrote = clients.map((client) => net.device(client).written)
    for (const written of [hubWrote, ...wrote]) written.length = 0
    const others = clients.length - 1
    let sent = 0
    const traffic = async () => {
      const mark = ++sent % LEAST_MARK
      for (let index = 0; index < others; index++) {
        net.device(clients[index]!).inject(packet(index + 2, 1, mark))
        net.device(tunnel).inject(packet(1, index + 2, mark))
      }
      await turns(1)
    }
    for (let round = 0; round < ROUNDS; round++) {
      let config: TunnelConfig = first
      for (const change of changes) {
        config = change(config)
        const reloading = tunnel.reload(config)
        let isOver = false
        const over = reloading.finally(() => {
          isOver = true
        })
        while (!isOver) await traffic()
        await over
        await traffic()
      }
      await tunnel.reload(first)
    }
    // Packets by which the clients were waited for may come late.
    const arrived = () => hubWrote.filter((bytes) => bytes.at(-1)! < LEAST_MARK)
    await eventually('all of it arrives', () => arrived().length, sent * others)
    const counts = Array.from({ length: others }, () => 0)
    for (const bytes of arrived()) counts[bytes[15]! - 2]!++
    expect(sent).toBeGreaterThanOrEqual(changes.length * ROUNDS)
    expect(counts).toEqual(counts.map(() => sent))
    await eventually(
      'all of it arrives at the clients',
      () => wrote.slice(0, others).map((written) => written.length),
      counts.map(() => sent),
    )
  })

  it('is refused if a listener cannot be had, and the others stay as they were', async () => {
    const { config, net, tunnel } = await start(5)
    const squatter = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => squatter.once('listening', resolve))
    afterTest(() => squatter.close())
    const { port } = squatter.address() as { port: number }
    const before = tunnel.status().listen
    const asked = listening(`tcp://127.0.0.2:0`, `tcp://127.0.0.1:${port}`)(config)
    const wanted = groups('websocket', { maxMessage: 4_096 })(asked)
    await expect(tunnel.reload(wanted)).rejects.toThrow(`port ${port} is in use`)
    expect(tunnel.status().listen).toEqual(before)
    expect(tunnel.config).toBe(config)
    await net.reaches(net.tunnels[2]!, tunnel, packet(3, 1, 0))
  })
})
