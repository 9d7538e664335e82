import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { Lab, type LabHost, QANAT, REACHED } from '../../../../lab/lab.js'
import { WIRE } from '../../../../lab/namespaces.js'
import type { Program } from '../../../../lab/program.js'
import { temporaryFolder } from '../../../../lab/temporary-folder.js'
import { eventually } from '../../eventually.js'
import { Identities } from '../identities.js'
import type { Requirement } from '../requirements.js'

/** Addresses of the world behind the server, which the client reaches by the underlay, too. RFC 5737, RFC 3849 */
export const WORLD = { ipv4: '198.51.100.7', ipv6: '2001:db8:99::7' } as const
/** The inner addresses. */
export const CLIENT = { ipv4: '10.0.0.2', ipv6: 'fd00::2' } as const
export const SERVER = { ipv4: '10.0.0.1', ipv6: 'fd00::1' } as const
/** The server's address on the underlay, which only the client's default route leads to. */
export const OUTER = '198.51.100.8'
/** Names that the name server on the underlay knows: the server, and a proxy that is next to the client. */
export const NAMES = { server: 'vpn.example.org', proxy: 'proxy.example.org' } as const

/** What a full tunnel over a wire that is captured needs of the machine. */
export const CAPTURED_TUNNEL = [
  'root',
  'koffi',
  '/dev/net/tun',
  'program ip',
  'program ping',
  'program nft',
  'program tcpdump',
] as const satisfies readonly Requirement[]

/** What a client's file says beside its keys and its address. */
export interface ClientFile {
  /** Absent if the server calls. */
  readonly endpoint?: string | undefined
  readonly allowed: readonly string[]
  /** Further lines of [interface], of [[peer]], and behind them. */
  readonly more?: readonly string[]
  readonly peer?: readonly string[]
  readonly rest?: readonly string[]
}

/** A client whose default routes lead over the wire to a server, behind which is the world. */
export class FullTunnelLab {
  readonly lab = new Lab()
  readonly keys = new Identities()
  readonly folder = temporaryFolder()
  /** Where locks and journals are. */
  readonly runFolder = join(this.folder, 'run')
  /** Where backups are. */
  readonly stateFolder = join(this.folder, 'state')
  readonly #netns: string[] = []

  get client(): LabHost {
    return this.lab.near
  }

  get server(): LabHost {
    return this.lab.far
  }

  /** Gives both hosts their routes, addresses and name servers. */
  async prepare(): Promise<void> {
    const { client, server } = this
    for (const host of [client, server]) {
      const name = await host.run('ip', 'netns', 'identify')
      const folder = `/etc/netns/${name}`
      this.#netns.push(folder)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'resolv.conf'), `nameserver ${server.ipv4}\n`)
    }
    await client.run('ip', 'route', 'add', 'default', 'via', server.ipv4)
    await client.run('ip', '-6', 'route', 'add', 'default', 'via', server.ipv6)
    for (const address of [OUTER, WORLD.ipv4, WORLD.ipv6]) {
      await server.run('ip', 'address', 'add', address, 'dev', 'lo')
    }
    const tentative = async () => {
      const shown = [client, server].map((host) => host.run('ip', '-6', 'address', 'show', 'tentative'))
      return (await Promise.all(shown)).join('')
    }
    await eventually('the addresses of the wire are no longer tentative', tentative, '')
  }

  /** Has a host ask this name server. */
  asks(host: LabHost, nameServer: string): void {
    const folder = this.#netns[host === this.client ? 0 : 1]!
    writeFileSync(join(folder, 'resolv.conf'), `nameserver ${nameServer}\n`)
  }

  /** Starts the name server on the underlay. */
  async serveNames(): Promise<Program> {
    const { ipv4 } = this.server
    const known = [`${NAMES.server}=${OUTER}`, `${NAMES.proxy}=${ipv4}`]
    const names = this.server.node('name-server.js', ipv4, ...known)
    await names.line('ready', 'stdout')
    return names
  }

  clientFile({ endpoint, allowed, more = [], peer = [], rest = [] }: ClientFile): string {
    const list = (texts: readonly string[]) => JSON.stringify(texts)
    return this.file('client.toml', [
      '[interface]',
      `private-key = "${this.keys.near.privateKey}"`,
      `address = ${list([`${CLIENT.ipv4}/32`, `${CLIENT.ipv6}/128`])}`,
      ...more,
      '[[peer]]',
      `public-key = "${this.keys.far.publicKey}"`,
      `allowed-ips = ${list(allowed)}`,
      `endpoints = ${list(endpoint === undefined ? [] : [endpoint])}`,
      ...peer,
      ...rest,
    ])
  }

  /** `more` are further lines of [interface], `rest` comes last. */
  serverFile(listen: string, more: readonly string[] = [], rest: readonly string[] = []): string {
    return this.file('server.toml', [
      '[interface]',
      `private-key = "${this.keys.far.privateKey}"`,
      `address = ["${SERVER.ipv4}/24", "${SERVER.ipv6}/64"]`,
      `listen = ["${listen}"]`,
      ...more,
      '[[peer]]',
      `public-key = "${this.keys.near.publicKey}"`,
      `allowed-ips = ["${CLIENT.ipv4}/32", "${CLIENT.ipv6}/128"]`,
      ...rest,
    ])
  }

  file(name: string, lines: readonly string[]): string {
    const path = join(this.folder, name)
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
    return path
  }

  /** Runs a file's tunnel. */
  up(host: LabHost, file: string, more: NodeJS.ProcessEnv = {}): Program {
    return host.start(process.execPath, [QANAT, 'up', file], { env: { ...this.environment, ...more } })
  }

  /** Runs the server's tunnel, and resolves once it listens. */
  async serve(file: string, more?: NodeJS.ProcessEnv): Promise<Program> {
    const server = this.up(this.server, file, more)
    await server.line('listening')
    return server
  }

  /** Runs the client's tunnel, and resolves once it reached the server. */
  async call(file: string, more?: NodeJS.ProcessEnv): Promise<Program> {
    const client = this.up(this.client, file, more)
    await client.line(REACHED)
    return client
  }

  down(host: LabHost, file: string, ...more: readonly string[]): Program {
    return host.start(process.execPath, [QANAT, 'down', ...more, file], { env: this.environment })
  }

  status(host: LabHost): Program {
    return host.start(process.execPath, [QANAT, 'status'], { env: this.environment })
  }

  reload(host: LabHost, file: string): Program {
    return host.start(process.execPath, [QANAT, 'reload', file], { env: this.environment })
  }

  /** What a host would say of a file. */
  check(host: LabHost, file: string, ...more: readonly string[]): Program {
    return host.start(process.execPath, [QANAT, 'check', '--host', file, ...more], { env: this.environment })
  }

  /** `up` for a shell, to be run in `environment`. */
  commandUp(file: string): string {
    return `${process.execPath} ${QANAT} up ${file}`
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, RUNTIME_DIRECTORY: this.runFolder, STATE_DIRECTORY: this.stateFolder }
  }

  /**
   * Captures what the client sends on the underlay and that is neither to the carrier's remote, at any of these ports, nor to
   * the name server, nor the upkeep of its network.
   */
  async capture(remote: string, ...ports: readonly number[]): Promise<Program> {
    const upkeep = 'arp or ip6 proto 0 or (icmp6 and ip6[40] >= 133 and ip6[40] <= 136)'
    const carrier = `(dst host ${remote} and (${ports.map((port) => `dst port ${port}`).join(' or ')}))`
    const names = `(dst host ${this.server.ipv4} and udp dst port 53)`
    const filter = `not ${carrier} and not ${names} and not (${upkeep})`
    const capture = this.client.start('tcpdump', ['-lnpQ', 'out', '--immediate-mode', '-i', WIRE, filter])
    await capture.line('listening on')
    return capture
  }

  async clear(): Promise<void> {
    await this.lab.clear()
  }

  remove(): void {
    this.lab.remove()
    for (const folder of this.#netns) rmSync(folder, { recursive: true, force: true })
  }
}

/** The lab of a group of tests: bare again after each of them, and removed in the end. */
export function groupFullTunnelLab(): FullTunnelLab {
  const lab = new FullTunnelLab()
  beforeAll(() => lab.prepare())
  afterEach(() => lab.clear())
  afterAll(() => lab.remove())
  return lab
}

/** All that a tunnel may change on a host. */
export async function stateOf(host: LabHost): Promise<string> {
  const look = [
    ['ip address', 'ip -4 rule', 'ip -6 rule', 'ip -4 route show table all', 'ip -6 route show table all'],
    [
      'nft --stateless list ruleset', // without counters
      'iptables-legacy-save | grep ^-A',
      'ip6tables-legacy-save | grep ^-A',
      'cat /etc/resolv.conf',
      'sysctl -ar "^net.ipv[46].(conf.(all|default|lo|wire)|ip_)"',
    ],
  ].flat()
  return host.run('sh', '-c', look.map((line) => `echo '# ${line}'; ${line}`).join('\n'))
}
