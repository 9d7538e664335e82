import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { QANAT, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { type FullTunnelLab, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { eventually } from '../../support/eventually.js'
import { type TableFile, textOf } from './files.js'
import type { HostState } from './host-states.js'

/** The UDP port of the server. */
export const PORT = 5190
/** Who brings files up. */
export const WAYS = ['Qanat', 'wg-quick with wireguard-go', 'wg-quick with qanat-wg'] as const
export type Way = (typeof WAYS)[number]

/** A host as it is before a tunnel starts. */
export interface TableHost {
  readonly lab: FullTunnelLab
  readonly state: HostState
}

/** What became of a file on a host. */
export interface Outcome {
  /** Why it was not brought up or ended, or undefined. */
  readonly refusal: string | undefined
  /** The addresses that answered through the tunnel, and its name servers that the host asked. */
  readonly answers: readonly string[]
  /** Those after what happens to the host meanwhile; undefined if nothing does. */
  readonly answersLater: readonly string[] | undefined
  /** Lines by which the host differs after the end. */
  readonly left: readonly string[]
}

/** Brings a file up on the client, asks what it is to reach, and takes it down. */
export async function attempt(host: TableHost, file: TableFile, way: Way): Promise<Outcome> {
  const before = await hostOf(host)
  const ended = way === 'Qanat' ? await byQanat(host, file) : await byWgQuick(host, file, way)
  return { ...ended, left: await differences(host, before) }
}

/** A file of its kind, with a name of its own: all network namespaces see the sockets of all tools. */
export function pathOf(lab: FullTunnelLab, file: TableFile, more: readonly string[] = []): string {
  return lab.file(`t${randomBytes(4).toString('hex')}.conf`, textOf(file, lab.keys, PORT, more))
}

/** All that a tunnel may change on the client, line by line. */
export async function hostOf({ lab, state }: TableHost): Promise<string[]> {
  const shown = await stateOf(lab.client)
  const more = state.look === undefined ? '' : await lab.client.run('sh', '-c', state.look)
  return `${shown}\n${more}`.split('\n')
}

/** Lines by which a host differs from before, each as often as it is there more or less, once they are no longer fewer. */
export async function differences(host: TableHost, before: readonly string[]): Promise<string[]> {
  let left: string[] = []
  await eventually(
    'the host is as before',
    async () => {
      const after = await hostOf(host)
      left = [
        ...without(before, after).map((line) => `- ${line}`),
        ...without(after, before).map((line) => `+ ${line}`),
      ]
      return left.length
    },
    0,
    3_000,
  ).catch(() => {})
  return left
}

/** What is left of some lines if each of the others takes one away. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...lines]
  for (const other of others) {
    const at = left.indexOf(other)
    if (at >= 0) left.splice(at, 1)
  }
  return left
}

type Ended = Omit<Outcome, 'left'>

/** Has Qanat bring up a file, whose hooks have run then. Throws if it ends before that. */
export async function started(
  lab: FullTunnelLab,
  file: TableFile,
): Promise<{ path: string; tunnel: Program }> {
  const path = pathOf(lab, file, ['PostUp = echo last hook']) // behind the file's own
  const tunnel = lab.up(lab.client, path)
  await tunnel.line(REACHED)
  await tunnel.line('last hook')
  return { path, tunnel }
}

async function byQanat(host: TableHost, file: TableFile): Promise<Ended> {
  const { lab, state } = host
  let path: string
  let tunnel: Program
  try {
    ;({ path, tunnel } = await started(lab, file))
  } catch (thrown) {
    return { refusal: (thrown as Error).message, answers: [], answersLater: undefined }
  }
  const answers = await whileUp(host, path, file)
  if (state.meanwhile?.endsOurs === undefined) tunnel.kill('SIGTERM')
  const { code } = await tunnel.ending()
  const refusal = code === 0 ? undefined : `ended with code ${code}: ${tunnel.stderr.join('\n')}`
  return { refusal, ...answers }
}

async function byWgQuick(host: TableHost, file: TableFile, way: Way): Promise<Ended> {
  const path = pathOf(host.lab, file)
  const { client } = host.lab
  const env = environmentOf(host.state, way)
  const run = (command: string) => client.start('wg-quick', [command, path], { env })
  const up = run('up')
  const { code } = await up.ending()
  if (code !== 0) return { refusal: up.stderr.at(-1) ?? 'no reason', answers: [], answersLater: undefined }
  const answers = await whileUp(host, path, file)
  const down = run('down')
  const ended = await down.ending()
  return { refusal: ended.code === 0 ? undefined : down.stderr.at(-1), ...answers }
}

/** Asks what a tunnel is to reach, and again after what happens to the host meanwhile. */
async function whileUp(
  host: TableHost,
  path: string,
  file: TableFile,
): Promise<Pick<Outcome, 'answers' | 'answersLater'>> {
  const { lab, state } = host
  const device = basename(path, '.conf')
  const answers = await answering(host, device, file)
  if (state.meanwhile === undefined) return { answers, answersLater: undefined }
  await lab.client.run('sh', '-ec', state.meanwhile.does, 'sh', device)
  return { answers, answersLater: await answering(host, device, file) }
}

/** Where wg-quick finds qanat-wg, and without another a resolvconf that does nothing, as it needs one for `DNS`. */
function environmentOf(state: HostState, way: Way): NodeJS.ProcessEnv {
  const folder = temporaryFolder()
  const program = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  if (state.asks === undefined) program('resolvconf', 'cat > /dev/null')
  program('qanat-wg', `exec '${process.execPath}' '${join(dirname(QANAT), 'qanat-wg.js')}' "$@"`)
  const implementation = way === 'wg-quick with qanat-wg' ? 'qanat-wg' : 'wireguard-go'
  return {
    ...process.env,
    PATH: [folder, process.env.PATH].join(delimiter),
    WG_QUICK_USERSPACE_IMPLEMENTATION: implementation,
  }
}

async function answering({ lab, state }: TableHost, device: string, file: TableFile): Promise<string[]> {
  const { client } = lab
  const led = async (address: string) => (await client.run('ip', 'route', 'get', address)).split(' ')
  const asked = file.reaches.map(async (address) => {
    const { code } = await client.start('ping', ['-c', '1', '-w', '5', address]).ending()
    return code === 0 && (await led(address)).includes(device) ? [address] : []
  })
  const answers = (await Promise.all(asked)).flat()
  if (state.asks === undefined || file.nameServer === undefined) return answers
  const servers = await client.run('sh', '-c', state.asks, 'sh', device)
  return servers.includes(file.nameServer) ? [...answers, `${file.nameServer} for names`] : answers
}
