import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** A cluster of NATS servers on loopback. Debian has the program as `nats-server`. */
export class NatsServers {
  readonly ports: readonly number[]
  readonly #servers: readonly ChildProcess[]

  private constructor(ports: readonly number[], servers: readonly ChildProcess[]) {
    this.ports = ports
    this.#servers = servers
  }

  /** Starts so many of them. They take clients, and know each other, once this resolves. */
  static async start(count: number, ...more: readonly string[]): Promise<NatsServers> {
    const [clients, routes] = [await freePorts(count), await freePorts(count)]
    const others = routes.map((port) => `nats://127.0.0.1:${port}`)
    const cluster = ['--cluster_name', 'tests', '--routes', others.join(',')]
    const servers = clients.map((port, index) => {
      const address = ['-a', '127.0.0.1', '-p', String(port), '-n', `node-${index}`]
      const joined = count > 1 ? [...cluster, '--cluster', others[index]!] : []
      return spawn('nats-server', [...address, ...joined, ...more], { stdio: ['ignore', 'ignore', 'pipe'] })
    })
    await Promise.all(servers.map((server) => ready(server, count - 1)))
    return new NatsServers(clients, servers)
  }

  /** HOST:PORT of each. */
  get hosts(): string[] {
    return this.ports.map((port) => `127.0.0.1:${port}`)
  }

  signal(server: number, signal: NodeJS.Signals): void {
    this.#servers[server]!.kill(signal)
  }

  async ended(server: number): Promise<void> {
    if (isAlive(this.#servers[server]!)) await once(this.#servers[server]!, 'exit')
  }

  async stop(): Promise<void> {
    const ended = this.#servers.filter(isAlive).map((server) => once(server, 'exit'))
    for (const server of this.#servers) server.kill('SIGKILL')
    await Promise.all(ended)
  }
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

/** Resolves once it said that it takes clients, and of as many others that it knows them. */
async function ready(server: ChildProcess, others: number): Promise<void> {
  const said: string[] = []
  const known = new Set<string>()
  for await (const line of createInterface({ input: server.stderr! })) {
    said.push(line)
    const [, other] = /127\.0\.0\.1:\d+ - (rid:\d+) - Route connection created/.exec(line) ?? []
    if (other !== undefined) known.add(other)
    if (known.size >= others && said.some((one) => one.includes('Server is ready'))) {
      server.stderr!.resume()
      return
    }
  }
  throw new Error(`nats-server ended: ${said.join('\n')}`)
}

async function freePorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(holders.map((holder) => once(holder, 'listening')))
  const ports = holders.map((holder) => (holder.address() as { port: number }).port)
  await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))))
  return ports
}
