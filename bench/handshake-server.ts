import { readdirSync, readlinkSync } from 'node:fs'
import koffi from 'koffi'
import 'reflect-metadata'
import { wakeUps } from '../lab/process-usage.js'
import { createContainer } from '../src/app/container.js'
import { Tunnel } from '../src/app/tunnel/tunnel.js'
import type { PeerConfig } from '../src/core/api/config.js'
import { silentLogger } from '../src/core/api/logger.js'
import { parseIpPrefix } from '../src/core/ip/ip-prefix.js'
import type { TransportSettings } from '../src/core/settings/transport-settings.js'

/*
 * The server of measured-server.js, in a process of its own: a whole tunnel, but for the kernel's device. Its parent
 * sends it the keys first, and then anything to be told what the process has used so far.
 */

/** What the server needs to know. */
export interface ServerSettings {
  readonly privateKey: string
  /** Where it listens, as a URL. */
  readonly listen: string
  readonly publicKeys: readonly string[]
  readonly transports?: TransportSettings
}

/** What the server has used so far. */
export interface ServerUsage {
  /** Bytes of memory in use after garbage collection: JavaScript's, and what the process allocated beside it. */
  readonly memory: number
  /** Bytes that the process holds of the kernel: freed memory that was not given back among it. */
  readonly resident: number
  /** Milliseconds of CPU time. */
  readonly cpu: number
  /** How often its threads waited for something and were woken up. */
  readonly wakeUps: number
  /** Sockets that are open: accepted connections among them. */
  readonly sockets: number
}

/** What this process has open. proc_pid_fd(5) */
const DESCRIPTORS = '/proc/self/fd'

/** What malloc has given out: array buffers and OpenSSL's contexts among it. mallinfo(3) */
const MALLINFO2 = koffi.struct(
  Object.fromEntries(
    [
      'arena',
      'ordblks',
      'smblks',
      'hblks',
      'hblkhd',
      'usmblks',
      'fsmblks',
      'uordblks',
      'fordblks',
      'keepcost',
    ].map((field) => [field, 'size_t']),
  ),
)
const mallinfo2 = koffi.load('libc.so.6').func('mallinfo2', MALLINFO2, [])

function allocatedBytes(): number {
  const { hblkhd, uordblks } = mallinfo2()
  return hblkhd + uordblks
}

let started = false
process.on('message', async (message: ServerSettings) => {
  if (!started) {
    started = true
    await start(message)
  }
  process.send!(usage())
})

async function start({ privateKey, listen, publicKeys, transports }: ServerSettings): Promise<void> {
  const container = await createContainer(silentLogger, [])
  const peers = publicKeys.map((id, index): PeerConfig => {
    const address = `10.${index >>> 8}.${index & 255}.1/32`
    return { id, allowed: [parseIpPrefix(address)!], endpoints: [] }
  })
  const config = {
    cipher: 'wireguard',
    privateKey,
    peers,
    listen: [new URL(listen)],
    tunDriver: 'memory',
    tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
    plugins: [],
    ...(transports && { transports }),
  }
  await Tunnel.start(container, config, new AbortController().signal)
}

function usage(): ServerUsage {
  const woken = wakeUps(process.pid) // before collecting garbage wakes threads
  globalThis.gc!()
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    memory: heapUsed + allocatedBytes(),
    resident: rss,
    cpu: (user + system) / 1000,
    wakeUps: woken,
    sockets: openSockets(),
  }
}

function openSockets(): number {
  return readdirSync(DESCRIPTORS).filter((name) => {
    try {
      return readlinkSync(`${DESCRIPTORS}/${name}`).startsWith('socket:')
    } catch {
      return false // that of the folder itself is closed by now
    }
  }).length
}
