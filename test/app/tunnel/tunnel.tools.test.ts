import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import type { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { PeerConfig, TunnelConfig } from '../../../src/core/api/config.js'
import { MemoryNet, packet, prefixes } from '../../support/memory-net.js'

/** Milliseconds that a packet gets that should not arrive. */
const MOMENT = 100

const hexOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex')

describe("Tunnel, asked by WireGuard's tools,", () => {
  let net: MemoryNet
  let folder: string
  beforeEach(async () => {
    folder = temporaryFolder()
    net = await MemoryNet.make()
  })
  afterEach(async () => {
    for (const tunnel of net.tunnels.splice(0)) await tunnel.close()
  })

  const start = (config: TunnelConfig) =>
    net.start({ ...config, peerRoutes: 'but-default' }, undefined, folder)

  /** What the tunnel answers to lines. */
  async function ask(tunnel: Tunnel, ...lines: readonly string[]): Promise<string> {
    const socket = connect(tunnel.toolsSocket!)
    socket.end(`${lines.join('\n')}\n\n`)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    await once(socket, 'close')
    return text
  }

  const lineOf = (text: string, key: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1)

  it('tells its key, its peers, what they own, when they were heard and what they carried', async () => {
    const client = net.client(2)
    const hub = await start(net.hub({ ...client.peer, keepalive: 25 }))
    const before = await ask(hub, 'get=1')
    expect(lineOf(before, 'last_handshake_time_sec')).toBe('0')
    const a = await client.start()
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    const text = await ask(hub, 'get=1')
    expect(lineOf(text, 'private_key')).toBe(hexOf(net.hubKey))
    expect(lineOf(text, 'public_key')).toBe(hexOf(client.peer.id))
    expect(lineOf(text, 'allowed_ip')).toBe('10.0.0.2/32')
    expect(lineOf(text, 'persistent_keepalive_interval')).toBe('25')
    expect(Number(lineOf(text, 'rx_bytes'))).toBeGreaterThan(0)
    expect(Math.abs(Date.now() / 1000 - Number(lineOf(text, 'last_handshake_time_sec')))).toBeLessThan(60)
    expect(text.endsWith('\nerrno=0\n\n')).toBe(true)
  })

  it('adds a peer with its route, moves a range to it, and removes it again', async () => {
    const [first, second] = [net.client(2), net.client(3)]
    const hub = await start(net.hub({ ...first.peer, allowed: prefixes('10.0.0.2/32', '10.0.0.3/32') }))
    const [a, b] = [await first.start(), await second.start()]
    expect(await net.reaches(b, hub, packet(3, 1, 0), MOMENT)).toBe(false)
    const lines = [`public_key=${hexOf(second.peer.id)}`, 'allowed_ip=10.0.0.3/32', 'allowed_ip=10.0.7.0/24']
    expect(await ask(hub, 'set=1', ...lines)).toBe('errno=0\n\n')
    expect(await net.reaches(b, hub, packet(3, 1, 0))).toBe(true)
    expect(await net.reaches(a, hub, packet(3, 1, 0), MOMENT)).toBe(false)
    const routes = () => net.device(hub).options.routes.map(({ text }) => text)
    expect(routes().sort()).toEqual(['10.0.0.2/32', '10.0.0.3/32', '10.0.7.0/24'])
    expect(await ask(hub, 'set=1', lines[0]!, 'remove=true')).toBe('errno=0\n\n')
    expect(hub.status().peers.map(({ id }) => id)).toEqual([first.peer.id])
    expect(routes()).toEqual(['10.0.0.2/32'])
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
  })

  it('changes nothing if one line is wrong', async () => {
    const client = net.client(2)
    const hub = await start(net.hub(client.peer))
    const before = await ask(hub, 'get=1')
    expect(await ask(hub, 'set=1', 'replace_peers=true', 'listen_port=x')).toBe('errno=-22\n\n')
    expect(await ask(hub, 'get=1')).toBe(before)
  })

  it('starts without a private key, and works with the one that it is given', async () => {
    const client = net.client(2)
    const hub = await start({ ...net.hub({ ...client.peer, keepalive: 1 }), privateKey: undefined })
    const a = await client.start()
    expect(await net.reaches(a, hub, packet(2, 1, 0), MOMENT)).toBe(false)
    expect(lineOf(await ask(hub, 'get=1'), 'private_key')).toBeUndefined()
    expect(await ask(hub, 'set=1', `private_key=${hexOf(net.hubKey)}`)).toBe('errno=0\n\n')
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    await hub.reload({
      ...net.hub({ ...client.peer, keepalive: 2 }),
      privateKey: undefined,
      peerRoutes: 'but-default',
    })
    expect(lineOf(await ask(hub, 'get=1'), 'private_key')).toBe(hexOf(net.hubKey))
    expect(await net.reaches(hub, a, packet(1, 2, 0))).toBe(true)
  })

  it('ends sessions with the key of before, and begins others with the new one', async () => {
    const client = net.client(2)
    const hub = await start(net.hub(client.peer))
    const a = await client.start()
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    const next = generatePrivateKey()
    expect(await ask(hub, 'set=1', `private_key=${hexOf(next)}`)).toBe('errno=0\n\n')
    expect(await net.reaches(a, hub, packet(2, 1, 1), MOMENT)).toBe(false)
    const [known] = client.config.peers as [PeerConfig]
    await a.reload({ ...client.config, peers: [{ ...known, id: publicKeyOf(next) }] })
    expect(await net.reaches(a, hub, packet(2, 1, 2))).toBe(true)
  })

  it('is asked by nobody without that cipher, and its socket goes with it', async () => {
    const hub = await start(net.hub(net.client(2).peer))
    expect(readdirSync(folder)).toEqual([`${hub.device}.sock`])
    const path = hub.toolsSocket!
    await hub.close()
    expect(existsSync(path)).toBe(false)
    const config = net.hub({ ...net.client(2).peer, id: 'peer' })
    const other = await start({ ...config, cipher: 'xor', key: 'ab', privateKey: undefined })
    expect(other.toolsSocket).toBeUndefined()
    expect(readdirSync(folder)).toEqual([])
  })
})
