// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** A cluster of NATS servers on loopback. Debian has the program as `nats-server`. */
export class NatsServers {
  #servers

  /**
   * @param {readonly number[]} ports
   * @param {readonly ChildProcess[]} servers
   */
  constructor(ports, servers) {
    this.ports = ports
    this.#servers = servers
  }

  /**
   * Starts so many of them. They take clients, and know each other, once this resolves.
   *
   * @param {number} count
   * @param {readonly string[]} more
   */
  static async start(count, ...more) {
    const [clients, routes] = [await freePorts(count), await freePorts(count)]
    const others = routes.map((port) => `nats://127.0.0.1:${port}`)
    const cluster = ['--cluster_name', 'tests', '--routes', others.join(',')]
    const servers = clients.map((port, index) => {
      const address = ['-a', '127.0.0.1', '-p', String(port), '-n', `node-${index}`]
      const joined = count > 1 ? [...cluster, '--cluster', String(others[index])] : []
      return spawn('nats-server', [...address, ...joined, ...more], { stdio: ['ignore', 'ignore', 'pipe'] })
    })
    await Promise.all(servers.map((server) => ready(server, count - 1)))
    return new NatsServers(clients, servers)
  }

  /** HOST:PORT of each. */
  get hosts() {
    return this.ports.map((port) => `127.0.0.1:${port}`)
  }

  /** @type {(server: number, signal: NodeJS.Signals) => void} */
  signal(server, signal) {
    this.#at(server).kill(signal)
  }

  /** @type {(server: number) => Promise<void>} */
  async ended(server) {
    if (isAlive(this.#at(server))) await once(this.#at(server), 'exit')
  }

  async stop() {
    const ended = this.#servers.filter(isAlive).map((server) => once(server, 'exit'))
    for (const server of this.#servers) server.kill('SIGKILL')
    await Promise.all(ended)
  }

  /** @type {(server: number) => ChildProcess} */
  #at(server) {
    return /** @type {ChildProcess} */ (this.#servers[server])
  }
}

/** @type {(server: ChildProcess) => boolean} */
function isAlive({ exitCode, signalCode }) {
  return exitCode === null && signalCode === null
}

/**
 * Resolves once it said that it takes clients, and of as many others that it knows them.
 *
 * @type {(server: ChildProcess, others: number) => Promise<void>}
 */
async function ready(server, others) {
  /** @type {string[]} */
  const said = []
  const known = new Set()
  const output = /** @type {import('node:stream').Readable} */ (server.stderr)
  for await (const line of createInterface({ input: output })) {
    said.push(line)
    const [, other] = /127\.0\.0\.1:\d+ - (rid:\d+) - Route connection created/.exec(line) ?? []
    if (other !== undefined) known.add(other)
    if (known.size >= others && said.some((one) => one.includes('Server is ready'))) {
      output.resume()
      return
    }
  }
  throw new Error(`nats-server ended: ${said.join('\n')}`)
}

/** @type {(count: number) => Promise<number[]>} */
async function freePorts(count) {
  const holders = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(holders.map((holder) => once(holder, 'listening')))
  const ports = holders.map((holder) => /** @type {import('node:net').AddressInfo} */ (holder.address()).port)
  await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))))
  return ports
}
