import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { INNER, Lab } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { Identities } from '../../support/e2e/identities.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const FLOODER = join(import.meta.dirname, '../../../dist/bench/flooder.js')
const PORT = 1337
const PER_SECOND = 5_000
/** Seconds at the most: it is ended once the rest is done. `npm run bench:flood` prints how long that takes. */
const DURATION = 600
/** Initiations that are read while nobody has proven an address: so many at once, and so many each second. */
const READ = 500
/** Seconds for an answer on a busy machine, which drops initiations before the program sees them: they are sent again each 5 s. */
const PATIENCE = 60
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

  it(`of ${PER_SECOND}/s leaves a tunnel working, lets a client in, and is read by ${READ} a second at the most`, {
    timeout: 300_000,
  }, async ({ annotate }) => {
    for (const source of SOURCES) await lab.near.run('ip', 'address', 'add', `${source}/24`, 'dev', 'wire')
    const server = lab.far.qanat(...options(keys.far.file, keys.near.publicKey, SERVER, CLIENT))
    await server.line('listening')
    const client = await startClient()
    await answered()
    const numbers = [PORT, PER_SECOND, DURATION].map(String)
    const target = [keys.far.publicKey, ...numbers, lab.far.ipv4]
    const begun = performance.now()
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
    const { sent, sentBytes, receivedBytes } = JSON.parse(flood.stdout.at(-1)!)
    expect(receivedBytes).toBeLessThan(sentBytes)
    server.kill('SIGTERM')
    await server.ending()
    const seconds = (performance.now() - begun) / 1_000
    const { dropped } = JSON.parse(await server.line('tunnel carried'))
    await annotate(`${sent} initiations in ${seconds.toFixed(1)} s: ${JSON.stringify(dropped)}`)
    // To know that a key is nobody's takes an agreement of keys; to send a cookie takes none.
    expect(dropped['cipher.unknownPeer']).toBeLessThanOrEqual(READ * (1 + seconds))
    expect(dropped['cipher.unauthenticated']).toBeGreaterThan(0)
  })

  async function startClient(): Promise<Program> {
    const common = options(keys.near.file, keys.far.publicKey, CLIENT, SERVER)
    const client = lab.near.qanat(...common, '-p', lab.far.ipv4)
    await client.line('TUN device is up')
    return client
  }

  async function answered(): Promise<void> {
    const ping = lab.near.start('ping', ['-i', '0.1', '-c', '1', '-w', String(PATIENCE), SERVER])
    await ping.output((PATIENCE + 5) * 1000)
  }
})

function options(file: string, peerKey: string, own: string, far: string): string[] {
  const crypto = ['--private-key-file', file, '--peer-key', peerKey]
  return [...crypto, '--address', `${own}/24`, '--allowed-ips', `${far}/32`]
}
