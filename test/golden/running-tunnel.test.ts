import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { createContainer } from '../../src/app/container.js'
import { addPlugin, choosePlugin } from '../../src/app/plugins/plugins.js'
import { Tunnel } from '../../src/app/tunnel/tunnel.js'
import { publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { status } from '../../src/cli/actions/status.js'
import { controlFileTunnel } from '../../src/cli/run/control-handler.js'
import type { ControlHandler } from '../../src/cli/run/run.js'
import { readTunnelFile } from '../../src/cli/run/tunnel-file.js'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import { MAX_QUESTION, QUESTIONS, writeQuestion } from '../../src/control/protocol.js'
import { lockRun, type RunLock } from '../../src/control/run-lock.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { CLOCK } from '../../src/core/injection/tokens.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../src/transports/memory/hub.js'
import type { MemoryTunDriver } from '../../src/tun/memory.js'
import { turns } from '../support/eventually.js'
import { packet } from '../support/memory-net.js'
import { useChosenRandom } from './chosen-random.js'

vi.mock('node:crypto', async (importOriginal) =>
  (await import('./chosen-random.js')).chosenCrypto(await importOriginal()),
)

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const [HUB, LAPTOP, SILENT] = [key(1), key(2), key(3)]
/** Milliseconds from one end to the other, and from the last packet to the questions. */
const DELAY = 2
const QUIET = 3_000

const HUB_FILE = `
[interface]
private-key = "${HUB}"
address = ["10.0.0.1/24"]
listen = ["virtual://hub"]
tun-driver = "memory"

[[peer]]
name = "laptop"
public-key = "${publicKeyOf(LAPTOP)}"
allowed-ips = ["10.0.0.2/32"]

[[peer]]
public-key = "${publicKeyOf(SILENT)}"
allowed-ips = ["10.0.0.3/32"]
endpoints = ["virtual://user:secret@silent"]
`
const LAPTOP_FILE = `
[interface]
private-key = "${LAPTOP}"
address = ["10.0.0.2/24"]
tun-driver = "memory"

[[peer]]
public-key = "${publicKeyOf(HUB)}"
allowed-ips = ["10.0.0.0/24"]
endpoints = ["virtual://hub"]
`

describe('a tunnel that runs', () => {
  let file: string
  let lock: RunLock
  let attendant: ControlHandler
  let tunnels: Tunnel[] = []
  let printed: string

  beforeEach(async () => {
    useChosenRandom()
    vi.spyOn(Math, 'random').mockReturnValue(0.5) // pauses between attempts
    const clock = new VirtualClock()
    const folder = temporaryFolder()
    vi.stubEnv('RUNTIME_DIRECTORY', join(folder, 'run'))
    file = join(folder, 'hub.toml')
    writeFileSync(file, HUB_FILE, { mode: 0o600 })
    const client = join(folder, 'laptop.toml')
    writeFileSync(client, LAPTOP_FILE, { mode: 0o600 })
    tunnels = await talkingTunnels(clock, file, client)
    vi.useFakeTimers({ toFake: ['Date'], now: clock.wall() })
    lock = lockRun(file, join(folder, 'run'))
    attendant = await controlFileTunnel(
      {
        path: file,
        readAgain: async () => readTunnelFile(file),
        applied: () => {},
        lock,
        group: undefined,
        log: silentLogger,
      },
      tunnels[0]!,
      async () => {},
    )
    printed = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += text
      return true
    })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    vi.useRealTimers()
    vi.unstubAllEnvs()
    await attendant.close()
    lock.release()
    for (const tunnel of tunnels) await tunnel.close()
  })

  /** A text without what each run has of its own. */
  const common = (text: string) =>
    text
      .replaceAll(file, '/etc/qanat/hub.toml')
      .replace(/(?<="pid": ?)\d+/g, '2345')
      .replaceAll(`process ${process.pid}`, 'process 2345')

  it('is told of as it was', async () => {
    await status(undefined, {})
    await expect(common(printed)).toMatchFileSnapshot('status.txt')
  })

  it('is told of in JSON as it was', async () => {
    await status(undefined, { json: true })
    await expect(common(printed)).toMatchFileSnapshot('status-json.txt')
  })

  it('answers the lines that it did with those that it did', async () => {
    const questions = [
      ...QUESTIONS.map((question) => writeQuestion(question)),
      () => writeFileSync(file, HUB_FILE.replace('[interface]', '[interface]\nmtu = 1300'), { mode: 0o600 }),
      writeQuestion('reload'),
      () => writeFileSync(file, '[interface]\n', { mode: 0o600 }),
      writeQuestion('reload'),
      '{"qanat":1,"ask":"start"}\n',
      '{"qanat":2,"ask":"status"}\n',
      'status\n',
      `${'x'.repeat(MAX_QUESTION)}\n`,
    ]
    const lines: string[] = []
    for (const question of questions) {
      if (typeof question === 'function') {
        question()
        continue
      }
      const shown = question.length > 100 ? `(${question.length} bytes)\n` : question
      lines.push(`> ${shown}< ${await answerTo(lock.socket, question)}`)
    }
    await expect(common(lines.join('\n'))).toMatchFileSnapshot('control-lines.txt')
  })
})

/** The tunnels of two files: a hub, and a client that reached it. */
async function talkingTunnels(clock: VirtualClock, ...files: [string, string]): Promise<Tunnel[]> {
  const container = await createContainer(silentLogger, [])
  container.register(CLOCK, { useValue: clock })
  const hub = new MemoryHub<DatagramPort>({ clock, faults: { delay: DELAY } })
  const virtual = {
    summary: 'for a test',
    kind: 'datagram',
    create: () => new MemoryDatagramTransport(hub),
  } as const
  addPlugin(container, { api: 1, name: 'virtual', transports: { virtual } }, 'virtual')
  const driver = choosePlugin(container, 'TUN driver', 'memory').make(
    {},
    new AbortController().signal,
  ) as MemoryTunDriver
  const start = (file: string) =>
    Tunnel.start(container, readTunnelFile(file).config, new AbortController().signal)
  const [server, client] = [await start(files[0]), await start(files[1])]
  const inject = async (tunnel: Tunnel, bytes: Uint8Array) => {
    driver.devices.get(tunnel.device)!.inject(bytes)
    await settle(clock)
  }
  await settle(clock)
  await inject(client, packet(2, 1, 0))
  await inject(client, packet(3, 1, 0))
  await inject(server, packet(1, 2, 0))
  clock.advance(QUIET)
  return [server, client]
}

/** Lets what is under way arrive, and answers to it. */
async function settle(clock: VirtualClock): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await turns(1)
    clock.advance(1)
  }
}

/** The line with which a question is answered. */
async function answerTo(path: string, question: string): Promise<string> {
  const socket = connect(path)
  socket.on('error', () => {})
  socket.write(question)
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
    if (answer.endsWith('\n')) socket.destroy()
  })
  await once(socket, 'close')
  return answer
}
