import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { QANAT } from '../lab/lab.js'
import { NamespacePair, type NetworkNamespace, WIRE } from '../lab/namespaces.js'
import { Program } from '../lab/program.js'
import { temporaryFolder } from '../lab/temporary-folder.js'
import { writeKeyFile } from '../src/ciphers/keys/key-file.js'
import { generatePrivateKey, publicKeyOf } from '../src/ciphers/keys/keys.js'

/*
 * node dist/bench/flood.js [SECONDS]
 *
 * A flood of handshakes with right mac1 against one end of a tunnel, in network namespaces: what becomes of the
 * tunnel's throughput, and how long a legitimate handshake takes meanwhile. Needs root, iperf3 and ping.
 */

const SECONDS = Number(process.argv[2] ?? 60)
const PER_SECOND = 5_000
/** Addresses that the flood comes from. */
const SOURCES = Array.from({ length: 20 }, (_, index) => `10.9.0.${100 + index}`)
const PORT = 1337
const [CLIENT, SERVER] = ['10.0.0.1', '10.0.0.2']
/** Seconds. */
const MEASURED = 10
/** Milliseconds for a program that is to end by itself. */
const PATIENCE = 30_000

const programs: Program[] = []
const folder = temporaryFolder()
const pair = new NamespacePair(`qanat-flood-${process.pid}`)
const keys = { client: makeKey('client'), server: makeKey('server') }

try {
  await run()
} finally {
  for (const program of programs) program.kill('SIGKILL')
  pair.remove()
}
process.exit()

async function run(): Promise<void> {
  for (const source of SOURCES) {
    execFileSync('ip', ['-n', pair.near.name, 'address', 'add', `${source}/24`, 'dev', WIRE])
  }
  const server = startEnd(pair.far, keys.server.file, keys.client.publicKey, SERVER, CLIENT)
  await server.line('listening')
  let client = await startClient()
  await answered()
  start(pair.far, 'iperf3', '-s')
  await answered()
  const before = await throughput()
  say(`without a flood: ${megabits(before)}`)

  const flood = startFlooder()
  await flood.line('flooding', 'stdout')
  const during = await throughput()
  say(`in a flood of ${PER_SECOND}/s: ${megabits(during)}, ${((100 * during) / before).toFixed(0)} % of it`)
  const times: number[] = []
  const end = performance.now() + (SECONDS - MEASURED - 5) * 1000
  do {
    client.kill('SIGKILL')
    await client.ending()
    const begun = performance.now()
    client = await startClient()
    await answered()
    times.push(performance.now() - begun)
  } while (performance.now() < end)
  say(
    `${times.length} legitimate clients, from start to answer: ${times.map((ms) => Math.round(ms)).join(', ')} ms`,
  )
  await flood.ending(SECONDS * 1000 + PATIENCE)
  say(`the flood: ${flood.stdout.at(-1)}`)
  server.kill('SIGTERM')
  await server.ending()
  say(`the server: ${await server.line('tunnel carried')}`)
}

function startFlooder(): Program {
  const script = join(import.meta.dirname, 'flooder.js')
  const { publicKey } = keys.server
  const numbers = [PORT, PER_SECOND, SECONDS].map(String)
  return start(pair.near, process.execPath, script, publicKey, ...numbers, pair.far.ipv4, ...SOURCES)
}

async function startClient(): Promise<Program> {
  const options = ['-p', pair.far.ipv4]
  const client = startEnd(pair.near, keys.client.file, keys.server.publicKey, CLIENT, SERVER, ...options)
  await client.line('TUN device is up')
  return client
}

function startEnd(
  host: NetworkNamespace,
  file: string,
  peerKey: string,
  own: string,
  far: string,
  ...options: string[]
): Program {
  const crypto = ['--private-key-file', file, '--peer-key', peerKey]
  const inner = ['--address', `${own}/24`, '--allowed-ips', `${far}/32`]
  return start(host, process.execPath, QANAT, ...crypto, ...inner, ...options)
}

/** Waits until a ping was answered. */
async function answered(): Promise<void> {
  await start(pair.near, 'ping', '-i', '0.01', '-c', '1', '-w', '30', SERVER).output(PATIENCE)
}

/** Bits per second that the tunnel carries from the client to the server. */
async function throughput(): Promise<number> {
  const report = await start(pair.near, 'iperf3', '-J', '-c', SERVER, '-t', String(MEASURED)).output(PATIENCE)
  return JSON.parse(report).end.sum_received.bits_per_second
}

function start(host: NetworkNamespace, program: string, ...args: string[]): Program {
  const started = new Program(...host.inside(program, args))
  programs.push(started)
  return started
}

function makeKey(name: string) {
  const file = join(folder, name)
  const key = generatePrivateKey()
  writeKeyFile(file, key)
  return { file, publicKey: publicKeyOf(key) }
}

function megabits(bitsPerSecond: number): string {
  return `${(bitsPerSecond / 1e6).toFixed(0)} Mbit/s`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
