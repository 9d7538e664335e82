import { readFileSync } from 'node:fs'
import net from 'node:net'
import type { Logger } from '../../core/api/logger.js'
import type { Clock } from '../../core/time/clock.js'
import { CAP_NET_ADMIN } from '../../native/process/capabilities.js'
import { inNamespace } from '../../native/process/namespace-scope.js'
import { peerProcess } from '../../native/process/peer-process.js'

/** In the namespace of abstract sockets (unix(7)), of which each network namespace has its own. */
const NAME = '\0qanat/network'
/** Names that are tried if others than this program hold one. */
const NAMES = 8
/** Times that one is tried that somebody has and nobody answers at. */
const ATTEMPTS = 20
/** Milliseconds to wait for another tunnel that changes the network. */
const PATIENCE = 10_000

/**
 * Does some work while no other tunnel on this network does, so that none takes the numbers that it found free. A
 * process that may not change the network itself cannot keep others waiting; one that may, for 10 seconds.
 */
export async function withNetworkLock<Result>(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  work: () => Result | Promise<Result>,
): Promise<Result> {
  // Without descriptors, as at the end of a process that ran out of them, the work is still to be done.
  const lock = await acquire(clock, log).catch(() => withoutLock(log))
  try {
    return await work()
  } finally {
    lock?.release()
  }
}

interface Lock {
  release(): void
}

async function acquire(clock: Clock, log: Logger): Promise<Lock | undefined> {
  const deadline = clock.now() + PATIENCE
  for (let name = 0; name < NAMES; name++) {
    const path = name === 0 ? NAME : `${NAME}-${name}`
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const lock = await listen(path)
      if (lock !== undefined) return lock
      const holder = await Holder.of(path)
      if (holder === undefined) continue // it let go meanwhile
      if (!holder.isTrusted) {
        holder.leave()
        break
      }
      if (!(await holder.gone(clock, deadline - clock.now()))) return withoutLock(log)
    }
  }
  return withoutLock(log)
}

function withoutLock(log: Logger): undefined {
  log.warn('changing the network without its lock, which cannot be had')
}

/** Undefined if somebody has that name. */
function listen(path: string): Promise<Lock | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<net.Socket>()
    const server = net.createServer((socket) => {
      waiting.add(socket)
      socket.on('error', () => {}).on('close', () => waiting.delete(socket))
    })
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    const listening = () =>
      resolve({
        release() {
          server.close()
          for (const socket of waiting) socket.destroy()
        },
      })
    inNamespace(() => server.listen({ path }, listening))
  })
}

/** Who has a name. */
class Holder {
  readonly #socket: net.Socket
  readonly #ended: Promise<void>

  private constructor(socket: net.Socket) {
    this.#socket = socket
    this.#ended = new Promise((resolve) =>
      socket
        .on('error', () => {})
        .on('close', () => resolve())
        .resume(),
    )
  }

  /** Undefined if nobody has it any more. */
  static of(path: string): Promise<Holder | undefined> {
    return new Promise((resolve) => {
      const socket = inNamespace(() => net.connect({ path }))
      socket.once('error', () => resolve(undefined))
      socket.once('connect', () => resolve(new Holder(socket)))
    })
  }

  /** Whether it may change the network: others do not keep a tunnel waiting. */
  get isTrusted(): boolean {
    const pid = processOf(this.#socket)
    return pid === undefined || mayChangeNetwork(pid)
  }

  leave(): void {
    this.#socket.destroy()
  }

  /** Whether it let go within so many milliseconds. */
  async gone(clock: Clock, patience: number): Promise<boolean> {
    let late = false
    const timer = clock.schedule(patience, () => {
      late = true
      this.leave()
    })
    await this.#ended
    timer.cancel()
    return !late
  }
}

/** Undefined if the system cannot be called directly: then everybody is believed. */
function processOf(socket: net.Socket): number | undefined {
  try {
    return peerProcess(socket)
  } catch {
    return undefined
  }
}

function mayChangeNetwork(pid: number): boolean {
  try {
    const [, capabilities] = /^CapEff:\s+([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return ((BigInt(`0x${capabilities ?? '0'}`) >> BigInt(CAP_NET_ADMIN)) & 1n) === 1n
  } catch {
    return false
  }
}
