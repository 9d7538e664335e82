import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { QANAT, REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { type FullTunnelLab, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { eventually } from '../../support/eventually.js'
import { type TableFile, textOf } from './files.js'

/** The UDP port of the server. */
export const PORT = 5190
/** Who brings files up. */
export const WAYS = ['Qanat', 'wg-quick with wireguard-go', 'wg-quick with qanat-wg'] as const
export type Way = (typeof WAYS)[number]

/** What became of a file on a host. */
export interface Outcome {
  /** Why it was not brought up, or undefined. */
  readonly refusal: string | undefined
  /** The addresses that answered through the tunnel. */
  readonly answers: readonly string[]
  /** Lines by which the host differs after the end. */
  readonly left: readonly string[]
}

/** Brings a file up on the client, asks what it is to reach, and takes it down. */
export async function attempt(lab: FullTunnelLab, file: TableFile, way: Way): Promise<Outcome> {
  const path = pathOf(lab, file)
  const before = await hostOf(lab)
  const ended = way === 'Qanat' ? await byQanat(lab, path, file) : await byWgQuick(lab, path, file, way)
  return { ...ended, left: await differences(lab, before) }
}

/** A file of its kind, with a name of its own: all network namespaces see the sockets of all tools. */
export function pathOf(lab: FullTunnelLab, file: TableFile, more: readonly string[] = []): string {
  return lab.file(`t${randomBytes(4).toString('hex')}.conf`, textOf(file, lab.keys, PORT, more))
}

/** All that a tunnel may change on the client, line by line. */
export async function hostOf(lab: FullTunnelLab): Promise<string[]> {
  return (await stateOf(lab.client)).split('\n')
}

/** Lines by which a host differs from before, each as often as it is there more or less, once they are no longer fewer. */
export async function differences(lab: FullTunnelLab, before: readonly string[]): Promise<string[]> {
  let left: string[] = []
  await eventually(
    'the host is as before',
    async () => {
      const after = await hostOf(lab)
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

async function byQanat(lab: FullTunnelLab, path: string, file: TableFile): Promise<Ended> {
  const tunnel = lab.up(lab.client, path)
  try {
    await tunnel.line(REACHED)
  } catch {
    await tunnel.ending()
    return { refusal: tunnel.stderr.at(-1) ?? 'no reason', answers: [] }
  }
  const answers = await answering(lab, file)
  tunnel.kill('SIGTERM')
  const { code } = await tunnel.ending()
  return { refusal: code === 0 ? undefined : `ended with code ${code}`, answers }
}

async function byWgQuick(lab: FullTunnelLab, path: string, file: TableFile, way: Way): Promise<Ended> {
  const env = environmentOf(way)
  const run = (command: string) => lab.client.start('wg-quick', [command, path], { env })
  const up = run('up')
  const { code } = await up.ending()
  if (code !== 0) return { refusal: up.stderr.at(-1) ?? 'no reason', answers: [] }
  const answers = await answering(lab, file)
  const down = run('down')
  const ended = await down.ending()
  return { refusal: ended.code === 0 ? undefined : down.stderr.at(-1), answers }
}

/** Where wg-quick finds qanat-wg, and a resolvconf that does nothing, as it needs one for `DNS`. */
function environmentOf(way: Way): NodeJS.ProcessEnv {
  const folder = temporaryFolder()
  const program = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  program('resolvconf', 'cat > /dev/null')
  program('qanat-wg', `exec '${process.execPath}' '${join(dirname(QANAT), 'qanat-wg.js')}' "$@"`)
  const implementation = way === 'wg-quick with qanat-wg' ? 'qanat-wg' : 'wireguard-go'
  return {
    ...process.env,
    PATH: [folder, process.env.PATH].join(delimiter),
    WG_QUICK_USERSPACE_IMPLEMENTATION: implementation,
  }
}

async function answering(lab: FullTunnelLab, { reaches }: TableFile): Promise<string[]> {
  const asked = reaches.map(async (address) => {
    const { code } = await lab.client.start('ping', ['-c', '1', '-w', '5', address]).ending()
    return code === 0 ? [address] : []
  })
  return (await Promise.all(asked)).flat()
}
