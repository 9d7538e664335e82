import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { container as root } from 'tsyringe'
import { afterEach, expect, it } from 'vitest'
import { namePeers, peerNamesOf } from '../../src/app/peer-names.js'
import type { TunnelStatus } from '../../src/app/tunnel/status.js'
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { reportOf } from '../../src/cli/status/report.js'
import { RecordingLogger } from '../../src/conformance/kit/recording-logger.js'
import { SOLE_PEER } from '../../src/core/api/config.js'
import type { Logger } from '../../src/core/api/logger.js'
import { eventually } from '../support/eventually.js'
import { MemoryNet, packet } from '../support/memory-net.js'

const LOG_LINES = join(import.meta.dirname, '../golden/log-lines.txt')
const ALICE = publicKeyOf(generatePrivateKey())
const STRANGER = publicKeyOf(generatePrivateKey())

let net: MemoryNet | undefined
afterEach(async () => {
  for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
})

function namingLogger() {
  const container = root.createChildContainer()
  const log = new RecordingLogger()
  const naming = namePeers(container, log)
  peerNamesOf(container).add([{ id: ALICE, name: 'alice' }, { id: STRANGER }])
  return { container, log, naming }
}

it('every log line that there is calls a peer by its name, wherever it has the key', () => {
  const lines = readFileSync(LOG_LINES, 'utf8').trimEnd().split('\n')
  expect(lines.length).toBeGreaterThan(100)
  for (const line of lines) {
    const [, level, message, names = ''] = /^(\w+): (.*?)(?: \{ (.*) \})?$/.exec(line)!
    const fields = Object.fromEntries(
      names.split(', ').map((name) => [name, name === 'peer' ? ALICE : [`of ${ALICE}, ${STRANGER}`]]),
    )
    const { log, naming } = namingLogger()
    naming[level as keyof Logger](message!.replaceAll('{…}', ` ${ALICE}/`), fields)
    expect(log.lines.join()).not.toContain(ALICE)
    expect(log.lines.join()).toContain('alice')
    if (names !== '' && names !== 'peer') expect(log.lines.join()).toContain(STRANGER)
  }
})

it('a peer of a shared key is called by its name as well, and only where a peer is meant', () => {
  const { container, log, naming } = namingLogger()
  peerNamesOf(container).add([{ id: SOLE_PEER, name: 'office' }])
  naming.info('the peer', { peer: SOLE_PEER, why: SOLE_PEER })
  peerNamesOf(container).add([{ id: SOLE_PEER }])
  naming.info('the peer', { peer: SOLE_PEER })
  expect(log.lines).toEqual(['the peer {"peer":"office","why":"peer"}', 'the peer {"peer":"peer"}'])
})

it('no line of tunnels whose peers have names, and nothing of their status, has the begin of a key', async () => {
  const log = new RecordingLogger()
  net = await MemoryNet.make(log)
  const [alice, bob] = [net.client(2), net.client(3)]
  const config = net.hub({ ...alice.peer, name: 'alice' }, { ...bob.peer, name: 'bob' })
  const hub = await net.start(config)
  const homeOf = ({ config: { peers, ...others } }: typeof alice) => ({
    ...others,
    peers: [{ ...peers[0]!, name: 'home' }],
  })
  const client = await net.start(homeOf(alice))
  await net.reaches(client, hub, packet(2, 1, 0))
  await net.reaches(hub, client, packet(1, 2, 0))
  const presharedKey = Buffer.alloc(32, 7).toString('base64')
  const mistaken = homeOf(bob)
  const other = await net.start({ ...mistaken, peers: [{ ...mistaken.peers[0]!, presharedKey }] })
  await net.reaches(other, hub, packet(3, 1, 0), 50)
  const report = (status: TunnelStatus) => reportOf({ ...status, file: '/home.toml', pid: 1 }, Date.now())
  const shown = [hub, client, other].flatMap((tunnel) => report(tunnel.status()))
  await client.close()
  await eventually('alice is gone', () => hub.status().peers[0]!.state === 'offline')
  await hub.reload({ ...config, peers: config.peers.slice(1) })
  await net.start(homeOf(alice)).then((again) => net!.reaches(again, hub, packet(2, 1, 0), 50))
  const texts = [...log.lines, ...shown].join('\n')
  for (const name of ['alice', 'bob', 'home']) expect(texts).toContain(name)
  expect(texts).toContain('session established {"peer":"alice"}')
  const ids = [alice.peer.id, bob.peer.id, publicKeyOf(net.hubKey)]
  for (const id of ids) expect(texts).not.toContain(id.slice(0, 8))
})
