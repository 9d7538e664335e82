import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { CommandsRun } from '../../../lab/commands-run.js'
import { type Coverage, countedIn, coverageIn } from '../../../lab/coverage.js'
import { QANAT } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { RunStatus } from '../../../src/cli/status/report.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { errorsOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { nativeMissing } from '../../support/native-missing.js'

const [FEW, PEERS] = [10, 1_000]
/** Pieces of code for each peer that is read, made, dropped and taken again: an eighth above what it takes today. */
const MOST_PER_PEER = 4_400

const INTERFACE = `[interface]
private-key = "${generatePrivateKey()}"
address = ["10.70.0.1/32"]
listen = ["udp://[::]:51820"]
`

/** What a server did. */
interface Work extends Coverage {
  /** Of each step, the commands it ran. */
  readonly commands: readonly string[]
}

describeWhere(['root', '/dev/net/tun', 'program ip'], `a server with ${PEERS} peers`, () => {
  const lab = groupLab()

  it(`starts, drops half of them and takes them again by as many commands as with ${FEW}, and by the same code for each`, {
    timeout: 180_000,
  }, async ({ annotate }) => {
    const few = await workWith(FEW)
    const many = await workWith(PEERS)
    const [count, command] = [nativeMissing ? 3 : 0, expect.stringMatching(/^ip .*-batch -$/)]
    expect(few.commands).toEqual(Array.from({ length: count }, () => command))
    expect(many.commands).toEqual(few.commands)
    const perPeer = (many.executions - few.executions) / (PEERS - FEW)
    await annotate(
      `${many.modules} modules, ${few.executions} executions, ${perPeer.toFixed(0)} for each more peer`,
    )
    expect(perPeer).toBeLessThanOrEqual(MOST_PER_PEER)
  })

  /** Starts a server with so many peers, takes half of them away, gives them back, and ends it. */
  async function workWith(count: number): Promise<Work> {
    const folder = temporaryFolder()
    const file = join(folder, 'many.toml')
    const coverage = join(folder, 'coverage')
    const commands = new CommandsRun(folder, ['ip', 'nft', 'sysctl', 'resolvectl'])
    mkdirSync(join(folder, 'run'))
    const [program, ...counting] = commands.counting
    const environment = `RUNTIME_DIRECTORY=${join(folder, 'run')}`
    const qanat = (how: readonly string[], ...args: string[]): Program =>
      lab.near.start(program!, [...counting, 'env', environment, ...how, QANAT, ...args])
    const reload = async (known: readonly string[]) => {
      writeFileSync(file, INTERFACE + known.join(''), { mode: 0o600 })
      await qanat([process.execPath], 'reload', file).output()
      expect(await routes()).toBe(known.length)
    }

    const peers = peersOf(count)
    writeFileSync(file, INTERFACE + peers.join(''), { mode: 0o600 })
    const server = qanat(countedIn(coverage), 'up', file)
    await server.line('listening')
    const { tunnels } = await eventually('it can be asked', async () => {
      const all = JSON.parse(await qanat([process.execPath], 'status', '--json').output()) as {
        tunnels: RunStatus[]
      }
      return all.tunnels.length > 0 ? all : undefined
    })
    expect(tunnels[0]!.peers).toHaveLength(count)
    await reload(peers.slice(count / 2))
    await reload(peers)
    await qanat([process.execPath], 'down', file).output()
    await server.ending()
    expect(errorsOf(server)).toEqual([])
    return { ...coverageIn(coverage), commands: commands.lines }
  }

  /** Peers whose addresses are routed to the device. */
  async function routes(): Promise<number> {
    return (await lab.near.run('ip', 'route', 'show', 'dev', 'many')).trim().split('\n').length
  }
})

/** So many peers, as a file has them. */
function peersOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const address = `10.${71 + (index >> 8)}.${index & 255}.2`
    return `
[[peer]]
name = "client ${index}"
public-key = "${publicKeyOf(generatePrivateKey())}"
allowed-ips = ["${address}/32", "fd70:${index.toString(16)}::/64"]
`
  })
}
