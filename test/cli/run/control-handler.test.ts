import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { createContainer } from '../../../src/app/container.js'
import { addPlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { controlFileTunnel } from '../../../src/cli/run/control-handler.js'
import { readTunnelFile } from '../../../src/cli/run/tunnel-file.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { ask } from '../../../src/control/client.js'
import { lockRun } from '../../../src/control/run-lock.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { CLOCK } from '../../../src/core/injection/tokens.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../../src/transports/memory/hub.js'
import { afterTest } from '../../support/after-test.js'
import { pass } from '../../support/netsim/pass.js'

/** Milliseconds after which a round trip is asked for again, and less than what keeps an idle carrier open. */
const QUIET = 6_000

const [HUB, LAPTOP] = [generatePrivateKey(), generatePrivateKey()]
const HUB_FILE = `[interface]
private-key = "${HUB}"
listen = ["virtual://hub"]
tun-driver = "memory"
[[peer]]
public-key = "${publicKeyOf(LAPTOP)}"
allowed-ips = ["10.0.0.2/32"]
`
const LAPTOP_FILE = `[interface]
private-key = "${LAPTOP}"
tun-driver = "memory"
[[peer]]
public-key = "${publicKeyOf(HUB)}"
allowed-ips = ["10.0.0.1/32"]
endpoints = ["virtual://hub"]
`

let folder: string
let file: string
beforeEach(() => {
  folder = temporaryFolder()
  vi.stubEnv('RUNTIME_DIRECTORY', folder)
  file = join(folder, 'hub.toml')
  return () => vi.unstubAllEnvs()
})

/** A hub whose file is attended, and a client that reached it. */
async function attended() {
  const clock = new VirtualClock()
  const container = await createContainer(silentLogger, [])
  container.register(CLOCK, { useValue: clock })
  const hub = new MemoryHub<DatagramPort>({ clock })
  const create = () => new MemoryDatagramTransport(hub)
  const virtual = { summary: 'for a test', kind: 'datagram', create } as const
  addPlugin(container, { api: 1, name: 'virtual', transports: { virtual } }, 'virtual')
  const started = async (path: string, text: string) => {
    writeFileSync(path, text, { mode: 0o600 })
    const starting = Tunnel.start(container, readTunnelFile(path).config, new AbortController().signal)
    await pass(clock, 1_000)
    const tunnel = await starting
    afterTest(() => tunnel.close())
    return tunnel
  }
  const tunnel = await started(file, HUB_FILE)
  await started(join(folder, 'laptop.toml'), LAPTOP_FILE)
  const lock = lockRun(file, folder)
  afterTest(() => lock.release())
  const applied = vi.fn()
  const read = { path: file, readAgain: async () => readTunnelFile(file), applied }
  const parts = { ...read, lock, group: undefined, log: silentLogger }
  const handler = await controlFileTunnel(parts, tunnel, async () => {})
  afterTest(() => handler.close())
  return { applied, clock, sent: vi.spyOn(hub, 'carry'), socket: lock.socket, tunnel }
}

it("'look' sends nothing to any peer, unlike 'status', which asks how long it takes to them", async () => {
  const { clock, sent, socket } = await attended()
  await pass(clock, QUIET)
  sent.mockClear()
  const looked = await ask(socket, file, 'look')
  expect(looked).toMatchObject({ peers: [{ remote: expect.stringMatching(/^memory:/) }] })
  expect(sent).not.toHaveBeenCalled()
  await ask(socket, file, 'status')
  expect(sent).toHaveBeenCalledOnce()
})

it("a reload that changes 'control-group' is refused, and nothing else of the file is applied", async () => {
  const { applied, socket, tunnel } = await attended()
  const before = tunnel.config
  const named = HUB_FILE.replace('[[peer]]', '[[peer]]\nname = "laptop"')
  writeFileSync(file, named.replace('[[peer]]', 'control-group = "54711"\n[[peer]]'), { mode: 0o600 })
  await expect(ask(socket, file, 'reload')).rejects.toThrow(
    "Cannot change the tunnel while it runs: 'control-group' cannot change; restart it",
  )
  expect(tunnel.config).toBe(before)
  expect(applied).not.toHaveBeenCalled()
  writeFileSync(file, named, { mode: 0o600 })
  await ask(socket, file, 'reload')
  expect(tunnel.config.peers[0]!.name).toBe('laptop')
  expect(applied).toHaveBeenCalledOnce()
})
