import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lab, QANAT } from '../lab/lab.js'
import type { Program } from '../lab/program.js'
import { temporaryFolder } from '../lab/temporary-folder.js'
import { generatePrivateKey, publicKeyOf } from '../src/ciphers/keys/keys.js'

/*
 * node dist/bench/many-peers.js [PEERS [ROUNDS]]
 *
 * Milliseconds until a server with so many peers listens, and until `qanat reload` has ended that takes half of them away or
 * gives them back. What it does meanwhile is counted in test/e2e/alone/many-peers.test.ts. Needs root and iproute2.
 */

const PEERS = Number(process.argv[2] ?? 1_000)
const ROUNDS = Number(process.argv[3] ?? 3)

const INTERFACE = `[interface]
private-key = "${generatePrivateKey()}"
address = ["10.70.0.1/32"]
listen = ["udp://[::]:51820"]
`
const peers = Array.from({ length: PEERS }, (_, index) => {
  const address = `10.${71 + (index >> 8)}.${index & 255}.2/32`
  return `[[peer]]\nname = "client ${index}"\npublic-key = "${publicKeyOf(generatePrivateKey())}"\nallowed-ips = ["${address}"]\n`
})

const folder = temporaryFolder()
const file = join(folder, 'many.toml')
const lab = new Lab()
try {
  for (let round = 1; round <= ROUNDS; round++) await run()
} finally {
  await lab.clear()
  lab.remove()
}

async function run(): Promise<void> {
  write(peers)
  const start = await timeOf(() => qanat('up', file).line('listening'))
  write(peers.slice(PEERS / 2))
  const dropped = await timeOf(() => qanat('reload', file).output())
  write(peers)
  const added = await timeOf(() => qanat('reload', file).output())
  await qanat('down', file).output()
  process.stdout.write(`${PEERS} peers: start ${start} ms, drop half ${dropped} ms, add half ${added} ms\n`)
}

function write(known: readonly string[]): void {
  writeFileSync(file, INTERFACE + known.join(''), { mode: 0o600 })
}

function qanat(...args: string[]): Program {
  const env = { ...process.env, RUNTIME_DIRECTORY: join(folder, 'run') }
  return lab.near.start(process.execPath, [QANAT, ...args], { env })
}

/** Milliseconds. */
async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return Math.round(performance.now() - begun)
}
