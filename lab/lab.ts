import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { NamespacePair, type NetworkNamespace, WIRE } from './namespaces.js'
import { Program, type ProgramOptions } from './program.js'

/** Beside the sources, or beside what is built of them in dist/. */
const parent = dirname(import.meta.dirname)
const ROOT = basename(parent) === 'dist' ? dirname(parent) : parent
/** The built command line. */
export const QANAT = join(ROOT, 'dist/program/main.js')

/** The same, not bundled. */
export const QANAT_OF_MODULES = join(ROOT, 'dist/src/cli/main.js')

/** The path of a file that tests bring along. */
export function fixture(name: string): string {
  return join(ROOT, 'test/fixtures', name)
}

/** The inner addresses of the two ends. */
export const INNER = { ipv4: ['10.0.0.1', '10.0.0.2'], ipv6: ['fd00::1', 'fd00::2'] } as const

/** What Qanat logs once it has a carrier to its peer. */
export const REACHED = 'peer is reached'

/** Two hosts on a wire, and the programs that a test runs on them. They are made when one of them is first used. */
export class Lab {
  #made: { readonly pair: NamespacePair; readonly near: LabHost; readonly far: LabHost } | undefined

  get near(): LabHost {
    return this.#hosts().near
  }

  get far(): LabHost {
    return this.#hosts().far
  }

  /** Lets either host send this many megabits a second and no more, behind a buffer of some milliseconds. */
  async limit(megabits: number, buffer: number): Promise<void> {
    const shape = ['rate', `${megabits}mbit`, 'burst', '16kb', 'latency', `${buffer}ms`]
    const limit = (host: LabHost) => host.run('tc', 'qdisc', 'replace', 'dev', WIRE, 'root', 'tbf', ...shape)
    await Promise.all([limit(this.near), limit(this.far)])
  }

  /** Kills all programs of a test and waits for their end, so that the next one finds bare hosts. */
  async clear(): Promise<void> {
    await Promise.all([this.#made?.near.clear(), this.#made?.far.clear()])
  }

  /** Kills all that runs and removes the hosts. */
  remove(): void {
    this.#made?.pair.remove()
  }

  #hosts() {
    if (this.#made === undefined) {
      const pair = new NamespacePair(`qanat-${process.pid}-${randomBytes(3).toString('hex')}`)
      this.#made = { pair, near: new LabHost(pair.near), far: new LabHost(pair.far) }
    }
    return this.#made
  }
}

/** One of the two hosts. */
export class LabHost {
  readonly ipv4: string
  readonly ipv6: string
  readonly #namespace: NetworkNamespace
  readonly #programs: Program[] = []
  /** Holds the mounts that programs see; undefined if those are the machine's. */
  #mounts: Program | undefined
  /** The CPU that its programs run on; undefined if on any. */
  #cpu: number | undefined

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace
    this.ipv4 = namespace.ipv4
    this.ipv6 = namespace.ipv6
  }

  /** Starts a program on this host. */
  start(program: string, args: readonly string[], options?: ProgramOptions): Program {
    const inside =
      this.#mounts === undefined
        ? this.#namespace.inside(program, args)
        : this.#namespace.inside('nsenter', [`--mount=/proc/${this.#mounts.pid}/ns/mnt`, program, ...args])
    const started = new Program(...this.#onCpu(inside), options)
    this.#programs.push(started)
    return started
  }

  /** Programs that are started from now on run on this CPU alone. */
  pin(cpu: number): void {
    this.#cpu = cpu
  }

  #onCpu([program, args]: [string, string[]]): [string, string[]] {
    if (this.#cpu === undefined) return [program, args]
    return ['taskset', ['-c', String(this.#cpu), program, ...args]]
  }

  /** Programs that are started from now on see mounts of their own, which commands of a shell make, until `clear`. */
  async remount(commands: string): Promise<void> {
    const holder = this.start('unshare', [
      '-m',
      'sh',
      '-ec',
      `${commands}\necho mounted\nexec sleep infinity`,
    ])
    await holder.line('mounted', 'stdout')
    this.#mounts = holder
  }

  /** The output of a program that is to end well. */
  run(program: string, ...args: readonly string[]): Promise<string> {
    return this.start(program, args).output()
  }

  /** Starts Qanat on this host. */
  qanat(...args: readonly string[]): Program {
    return this.start(process.execPath, [QANAT, ...args])
  }

  /** The same, of single modules: for plugins of tests that import such, which a process can have once only. */
  qanatOfModules(...args: readonly string[]): Program {
    return this.start(process.execPath, [QANAT_OF_MODULES, ...args])
  }

  /** Starts Qanat on this host with these environment variables besides its own. */
  qanatWith(env: NodeJS.ProcessEnv, ...args: readonly string[]): Program {
    return this.start(process.execPath, [QANAT, ...args], { env: { ...process.env, ...env } })
  }

  /** Starts one of Node's programs among the fixtures. */
  node(script: string, ...args: readonly string[]): Program {
    return this.start(process.execPath, [fixture(script), ...args])
  }

  /** The interfaces that are neither the loopback nor the wire: none, unless a tunnel runs. */
  async tunnels(): Promise<string[]> {
    const links = JSON.parse(await this.run('ip', '-json', 'link')) as { ifname: string }[]
    return links.map(({ ifname }) => ifname).filter((name) => name !== 'lo' && name !== WIRE)
  }

  /** The UDP ports that are bound, as /proc/net has them: in hexadecimal behind the address. */
  async udpPorts(): Promise<number[]> {
    const table = await this.run('cat', '/proc/net/udp', '/proc/net/udp6')
    return [...table.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)].map(([, port]) =>
      Number.parseInt(port!, 16),
    )
  }

  async clear(): Promise<void> {
    const programs = this.#programs.splice(0)
    this.#mounts = undefined
    for (const program of programs) program.kill('SIGKILL')
    await Promise.all(programs.map((program) => program.ending()))
  }
}
