import { execFileSync } from 'node:child_process'

/** A host of its own: a network namespace of Linux. */
export class NetworkNamespace {
  readonly name: string
  /** Its addresses on the wire to the other one. */
  readonly ipv4: string
  readonly ipv6: string

  constructor(name: string, number: number) {
    this.name = name
    this.ipv4 = `10.9.0.${number}`
    this.ipv6 = `fd09::${number}`
  }

  /** The program and arguments that run a program inside; it keeps its process id. */
  inside(program: string, args: readonly string[]): [string, string[]] {
    return ['ip', ['netns', 'exec', this.name, program, ...args]]
  }
}

/** The interface that leads to the other namespace, in each of the two. */
export const WIRE = 'wire'

/**
 * Two network namespaces joined by a wire (a veth pair). Everything is synchronous, so that it can be removed
 * while a process exits.
 */
export class NamespacePair {
  readonly near: NetworkNamespace
  readonly far: NetworkNamespace

  /**
   * Makes the pair. Needs the capability CAP_SYS_ADMIN and the program `ip`; where anything fails, what was
   * made until then is removed.
   */
  constructor(prefix: string) {
    this.near = new NetworkNamespace(`${prefix}-near`, 1)
    this.far = new NetworkNamespace(`${prefix}-far`, 2)
    try {
      for (const { name } of this.#both) addNamespace(name)
      const { near, far } = this
      ip(['link', 'add', WIRE, 'netns', near.name, 'type', 'veth', 'peer', 'name', WIRE, 'netns', far.name])
      for (const { name, ipv4, ipv6 } of this.#both) {
        const lines = [
          'link set lo up',
          `address add ${ipv4}/24 dev ${WIRE}`,
          `address add ${ipv6}/64 dev ${WIRE} nodad`,
          `link set ${WIRE} up`,
        ]
        ip(['-n', name, '-batch', '-'], lines)
      }
    } catch (thrown) {
      this.remove()
      throw thrown
    }
  }

  /** Idempotent. Kills what still runs inside and removes both. */
  remove(): void {
    removeNamespaces(this.#both)
  }

  get #both(): readonly NetworkNamespace[] {
    return [this.near, this.far]
  }
}

/** The names of all network namespaces. */
export function namespaceNames(): string[] {
  return ip(['netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0]!)
}

/** Makes a network namespace with nothing in it. */
export function addNamespace(name: string): void {
  ip(['netns', 'add', name])
}

/** Kills what runs inside a network namespace and removes it. */
export function removeNamespace(name: string): void {
  for (const pid of ip(['netns', 'pids', name]).split('\n')) if (pid !== '') kill(Number(pid))
  ip(['netns', 'delete', name])
}

/** The same of several, those among them that are there. */
export function removeNamespaces(ones: readonly NetworkNamespace[]): void {
  const present = namespaceNames()
  for (const { name } of ones) if (present.includes(name)) removeNamespace(name)
}

/** Runs ip(8), with the commands of a batch if it is to read one. Returns what it prints. */
export function ip(args: readonly string[], batch: readonly string[] = []): string {
  return execFileSync('ip', args, { input: batch.join('\n'), encoding: 'utf8', stdio: 'pipe' })
}

/** That a process ended by itself meanwhile is as good. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}
