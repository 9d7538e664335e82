import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { within } from '../deadline.js'
import type { LabHost } from '../lab.js'
import { Program } from '../program.js'
import { temporaryFolder } from '../temporary-folder.js'

/** Milliseconds that a server has to end in order. */
const PATIENCE = 3_000
/** Milliseconds between two looks whether it listens. */
const PAUSE = 20

/** A folder for one server's files, where it may write whichever user it runs as. */
export class ServerFolder {
  readonly path = temporaryFolder()

  constructor() {
    chmodSync(this.path, 0o777)
  }

  /** Writes a file that any user may read, and returns its path. */
  write(name: string, text: string): string {
    const path = join(this.path, name)
    writeFileSync(path, text, { mode: 0o644 })
    return path
  }
}

/** A server of Debian's that runs for a test or a benchmark. */
export interface Server {
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
  /** Kills it, as a crash would. It is still to be stopped. */
  kill(): Promise<void>
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts a program that stays in the foreground, on this host or one of a lab, and waits until it listens. */
export async function startServer(
  program: string,
  args: readonly string[],
  port: number,
  host?: LabHost,
): Promise<Server> {
  const running = host?.start(program, args) ?? new Program(program, args)
  const stop = async () => {
    running.kill('SIGTERM')
    await running.ending(PATIENCE).catch(() => running.kill('SIGKILL'))
    await running.ending()
  }
  const looking = new AbortController()
  const listening = async () => {
    while (!(await (host ? listensInside(host, port) : listensOn(port)))) {
      await delay(PAUSE, undefined, { signal: looking.signal })
    }
  }
  const ending = running.ended.then(() => {
    throw new Error(`${program} ended: ${[...running.stdout, ...running.stderr].join('\n')}`)
  })
  try {
    await within(Promise.race([listening(), ending]), `${program} listens`)
  } catch (thrown) {
    looking.abort()
    await stop()
    throw thrown
  }
  const kill = async () => {
    running.kill('SIGKILL')
    await running.ending()
  }
  return { pid: running.pid, port, stop, kill }
}

async function listensOn(port: number): Promise<boolean> {
  const socket = net.connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function listensInside(host: LabHost, port: number): Promise<boolean> {
  return (await host.run('ss', '-Htln', `sport = :${port}`)) !== ''
}
