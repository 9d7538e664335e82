import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { residentBytes } from '../../lab/process-usage.js'
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { formatTable } from '../../src/cli/output/table.js'
import { startQanat } from '../systems/qanat.js'
import type { System } from '../systems/system.js'
import { Iperf } from './iperf.js'
import { RunningTunnel } from './tunnel.js'
import { Usage } from './usage.js'

const COUNTS = [1, 10, 100, 1_000]
const PORT = 51820
const [NEAR, FAR] = ['10.0.0.1', '10.0.0.2'] as const
/** The server's network holds all peers. */
const BITS = 16

/** What a server does for one busy peer while it knows many. */
export interface PeersResult {
  readonly peers: number
  /** Mbit/s of one TCP stream. */
  readonly throughput: number
  /** CPU seconds of the server for a gigabyte. */
  readonly cpu: number
  /** Megabytes of the server. */
  readonly memory: number
  /** Milliseconds from the client's start to the first answered ping. */
  readonly connect: number
}

/** Measures servers over UDP that know 1 to 1,000 WireGuard peers, of whom one is there. */
export async function measurePeers(seconds: number, say: (line: string) => void): Promise<PeersResult[]> {
  const results: PeersResult[] = []
  for (const peers of COUNTS) {
    say(`a server with ${peers} peers`)
    results.push(await RunningTunnel.with(serverWith(peers), (tunnel) => measure(tunnel, peers, seconds)))
  }
  return results
}

/** What tables of results have in their columns, whose cells are `rowOf` a result. */
export const PEERS_TITLES = ['peers', 'Mbit/s', "server's CPU s/GB", "server's MB", 'connect ms']

export function rowOf({ peers, throughput, cpu, memory, connect }: PeersResult): string[] {
  return [String(peers), throughput.toFixed(0), cpu.toFixed(2), memory.toFixed(0), connect.toFixed(0)]
}

/** Lines for a terminal. */
export function peersLines(results: readonly PeersResult[]): string[] {
  return formatTable(
    PEERS_TITLES.map((title) => ({ title, numeric: true })),
    results.map(rowOf),
  )
}

async function measure(tunnel: RunningTunnel, peers: number, seconds: number): Promise<PeersResult> {
  const server = tunnel.ends[1]!
  const iperf = new Iperf(tunnel.lab, tunnel.address)
  const [{ bitsPerSecond, bytes }, cpu] = await new Usage([server]).during(() => iperf.tcp(seconds))
  return {
    peers,
    throughput: bitsPerSecond / 1e6,
    cpu: (cpu!.user + cpu!.system) / (bytes / 1e9),
    memory: residentBytes(server.pid) / 1e6,
    connect: tunnel.connected!,
  }
}

function serverWith(peers: number): System {
  return {
    name: `${peers} peers`,
    summary: `a server with ${peers} peers`,
    programs: [],
    prepare: (lab, folder) => {
      const [server, client] = [generatePrivateKey(), generatePrivateKey()]
      const endpoint = `udp://${lab.far.ipv4}:${PORT}`
      const others = Array.from({ length: peers - 1 }, (_, index) =>
        peer(publicKeyOf(generatePrivateKey()), `10.0.${(index >>> 8) + 1}.${index & 255}`),
      )
      const far = interfaceOf(server, FAR, `listen = ["${endpoint}"]`)
      const files = {
        far: [...far, ...others.flat(), ...peer(publicKeyOf(client), NEAR)],
        near: [
          ...interfaceOf(client, NEAR),
          ...peer(publicKeyOf(server), FAR, `endpoints = ["${endpoint}"]`),
        ],
      }
      const fileOf = (end: 'near' | 'far') => {
        const path = join(folder, `${end}.toml`)
        writeFileSync(path, files[end].join('\n'), { mode: 0o600 })
        return path
      }
      return {
        addresses: [NEAR, FAR],
        startFar: async () => {
          const program = startQanat(lab.far, ['up', fileOf('far')])
          await program.line('listening')
          return program
        },
        startNear: async () => startQanat(lab.near, ['up', fileOf('near')]),
      }
    },
  }
}

function interfaceOf(privateKey: string, address: string, ...more: string[]): string[] {
  return [
    '[interface]',
    'name = "bench"',
    `private-key = "${privateKey}"`,
    `address = ["${address}/${BITS}"]`,
    ...more,
  ]
}

function peer(publicKey: string, address: string, ...more: string[]): string[] {
  return ['[[peer]]', `public-key = "${publicKey}"`, `allowed-ips = ["${address}/32"]`, ...more]
}
