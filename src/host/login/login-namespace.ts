import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { HostError } from '../../core/api/errors.js'
import type { Clock } from '../../core/time/clock.js'
import { inTime } from '../../core/time/in-time.js'
import { complaintOf } from '../../native/process/complaint.js'
import { NamedNamespace } from '../../native/process/namespace-scope.js'
import { cleanEnvironment, findProgram, packageOf } from '../../native/process/programs.js'
import type { BrowserUser } from './browser.js'
import { loginScript } from './login-script.js'

/** Milliseconds that the namespace has to come up, and to end. */
const PATIENCE = 10_000
/** Bytes that are kept of what its first process complains of. */
const MAX_COMPLAINT = 4_096
/** Programs that it needs, besides those of every system. */
const PROGRAMS = ['unshare', 'setpriv', 'ip', 'nft'] as const

/** What a namespace of a login is made of. */
export interface LoginNamespaceParts {
  readonly seconds: number
  readonly ipv6: boolean
  readonly nameServers: readonly string[]
  readonly search: readonly string[]
  readonly user: BrowserUser
  /** The browser with its arguments. */
  readonly browser: readonly string[]
  /** What it has of an environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly clock: Clock
}

/**
 * Namespaces of a network, of mounts and of processes, for one browser: without a name, without a file, and without an interface
 * that leads anywhere. They are gone with their processes, which end with this one however it ends.
 */
export class LoginNamespace {
  /** Resolves with the exit code of the browser, once nothing of it runs; undefined if it was killed. */
  readonly ended: Promise<number | undefined>
  /** Its network. */
  readonly network: NamedNamespace
  readonly #child: ChildProcess
  readonly #clock: Clock

  private constructor(child: ChildProcess, ended: Promise<number | undefined>, clock: Clock) {
    this.#child = child
    this.#clock = clock
    this.ended = ended
    this.network = NamedNamespace.of(child.pid!, 'qanat-login')
  }

  /**
   * Makes it, without the browser.
   *
   * @throws HostError ERR_NAMESPACE if it cannot be had; nothing is left of it then.
   */
  static async open(parts: LoginNamespaceParts): Promise<LoginNamespace> {
    for (const program of PROGRAMS) {
      if (findProgram(program) === undefined) {
        const where = program === 'nft' ? 'nftables' : (packageOf(program) ?? 'util-linux')
        throw failure(`the program '${program}' is missing; install ${where}`)
      }
    }
    const child = spawn(findProgram('unshare')!, argumentsFor(parts), {
      cwd: '/',
      env: cleanEnvironment(),
      detached: true, // no signal of a terminal is for it
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    let complaint = ''
    const heard = (chunk: Buffer) => {
      complaint = `${complaint}${chunk}`.slice(0, MAX_COMPLAINT)
    }
    child.stderr!.on('data', heard)
    const control = child.stdio[3] as Duplex
    control.on('error', () => {}) // it ended before
    const ended = new Promise<number | undefined>((resolve) => {
      child.on('exit', (code) => resolve(code ?? undefined)).on('error', () => resolve(undefined))
    })
    const ready = await inTime(parts.clock, PATIENCE, Promise.race([once(control, 'data'), ended]))
    if (!ready || child.exitCode !== null || child.pid === undefined) {
      control.destroy()
      child.kill('SIGKILL')
      throw failure(complaintOf(complaint) || 'it does not come up')
    }
    child.stderr!.off('data', heard)
    child.stderr!.pipe(process.stderr, { end: false })
    return new LoginNamespace(child, ended, parts.clock)
  }

  /** Starts the browser. */
  begin(): void {
    this.#control.write('go\n')
  }

  /** Kills all that runs in it. Idempotent. Resolves once nothing does. */
  async close(): Promise<void> {
    this.#control.destroy()
    const isOver = await inTime(this.#clock, PATIENCE, this.ended)
    if (!isOver) this.#child.kill('SIGKILL')
    await this.ended
    this.network.close()
  }

  get #control(): Duplex {
    return this.#child.stdio[3] as Duplex
  }
}

function argumentsFor({
  browser,
  environment,
  ipv6,
  nameServers,
  search,
  seconds,
  user,
}: LoginNamespaceParts): string[] {
  const { gid, uid } = user
  const lines = nameServers.map((server) => `nameserver ${server}\n`)
  if (search.length > 0) lines.push(`search ${search.join(' ')}\n`)
  return [
    ...['--net', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'],
    ...['sh', '-c', loginScript({ seconds, ipv6, uid, gid, resolvConf: lines.join('') }), 'qanat-login'],
    ...['env', '-i', ...Object.entries(environment).map(([key, value]) => `${key}=${value}`)],
    ...[findProgram('setpriv')!, `--reuid=${uid}`, `--regid=${gid}`, '--init-groups'],
    ...['--inh-caps=-all', '--ambient-caps=-all', '--'],
    ...browser,
  ]
}

function failure(why: string): HostError {
  return new HostError(`Cannot make the network namespace of a login: ${why}`, { code: 'ERR_NAMESPACE' })
}
