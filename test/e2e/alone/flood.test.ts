import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { INNER, Lab } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { copy } from '../../support/e2e/copy.js'
import { Identities } from '../../support/e2e/identities.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const FLOODER = join(import.meta.dirname, '../../../dist/bench/flooder.js')
const PORT = 1337
const PER_SECOND = 5_000
/** Seconds, unless the rest is done sooner; `npm run bench:flood` takes 60 and prints figures. */
const DURATION = 60
/** Seconds within which a client that knows the key gets its answer. */
const HANDSHAKE_LIMIT = 10
const COPY_BYTES = 10_000_000
const SOURCES = ['10.9.0.101', '10.9.0.102', '10.9.0.103', '10.9.0.104']
const [CLIENT, SERVER] = INNER.ipv4

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'a flood of handshakes', () => {
  let lab: Lab
  let keys: Identities
  beforeAll(() => {
    lab = new Lab()
    keys = new Identities()
  })
  afterAll(async () => {
    await lab.clear()
    lab.remove()
  })

  it(`of ${PER_SECOND}/s leaves a tunnel working, and lets a client in within ${HANDSHAKE_LIMIT} s`, {
    timeout: 90_000,
  }, async () => {
    for (const source of SOURCES) await lab.near.run('ip', 'address', 'add', `${source}/24`, 'dev', 'wire')
    const server = lab.far.qanat(...options(keys.far.file, keys.near.publicKey, SERVER, CLIENT))
    await server.line('listening')
    const client = await startClient()
    await answered()
    const numbers = [PORT, PER_SECOND, DURATION].map(String)
    const target = [keys.far.publicKey, ...numbers, lab.far.ipv4]
    const flood = lab.near.start(process.execPath, [FLOODER, ...target, ...SOURCES])
    await flood.line('flooding', 'stdout')
    await copy(lab.near, lab.far, CLIENT, COPY_BYTES)
    client.kill('SIGKILL')
    await client.ending()
    await startClient()
    await answered()
    expect(flood.stdout).toEqual(['flooding']) // it goes on
    flood.kill('SIGTERM')
    await flood.ending()
    const { sentBytes, receivedBytes } = JSON.parse(flood.stdout.at(-1)!)
    expect(receivedBytes).toBeLessThan(sentBytes)
  })

  async function startClient(): Promise<Program> {
    const common = options(keys.near.file, keys.far.publicKey, CLIENT, SERVER)
    const client = lab.near.qanat(...common, '-p', lab.far.ipv4)
    await client.line('TUN device is up')
    return client
  }

  async function answered(): Promise<void> {
    const ping = lab.near.start('ping', ['-i', '0.1', '-c', '1', '-w', String(HANDSHAKE_LIMIT), SERVER])
    await ping.output((HANDSHAKE_LIMIT + 5) * 1000)
  }
})

function options(file: string, peerKey: string, own: string, far: string): string[] {
  const crypto = ['--private-key-file', file, '--peer-key', peerKey]
  return [...crypto, '--address', `${own}/24`, '--allowed-ips', `${far}/32`]
}
