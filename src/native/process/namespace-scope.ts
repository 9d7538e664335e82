import { AsyncLocalStorage } from 'node:async_hooks'
import fs from 'node:fs'
import { asError, HostError, QanatError } from '../../core/api/errors.js'
import { errnoName } from '../base/libc.js'
import { native } from '../base/native.js'

/** Where ip-netns(8) keeps the network namespaces that have names. */
const FOLDER = '/run/netns'
/** linux/sched.h */
const CLONE_NEWNET = 0x40000000

/**
 * A network namespace that has a name, as `ip netns add` gives it one. It stays what it was opened as, whatever bears
 * its name later.
 */
export class NamedNamespace {
  readonly name: string
  readonly #own: number
  readonly #other: number

  /**
   * @throws HostError ERR_NAMESPACE if there is none of that name, or this process may not enter it; QanatError
   *   ERR_NATIVE without koffi.
   */
  constructor(name: string, path = `${FOLDER}/${name}`) {
    checkNative(name)
    this.name = name
    try {
      this.#other = fs.openSync(path, 'r')
    } catch (thrown) {
      throw missing(name, thrown)
    }
    this.#own = fs.openSync('/proc/thread-self/ns/net', 'r')
    try {
      this.enter(() => {})
    } catch (thrown) {
      this.close()
      throw thrown
    }
  }

  /** That of a process, which has no name but this one in errors. @throws as the constructor. */
  static of(pid: number, name: string): NamedNamespace {
    return new NamedNamespace(name, `/proc/${pid}/ns/net`)
  }

  /** Does some work, none of it later, while the calling thread is in the namespace. */
  enter<Result>(work: () => Result): Result {
    this.#go(this.#other)
    try {
      return work()
    } finally {
      this.#go(this.#own)
    }
  }

  close(): void {
    fs.closeSync(this.#other)
    fs.closeSync(this.#own)
  }

  #go(where: number): void {
    const { libc } = native()
    if (libc.setns(where, CLONE_NEWNET) === 0) return
    const errno = errnoName(libc.errno())
    const help = errno === 'EPERM' ? '; this needs the capability CAP_SYS_ADMIN' : ''
    throw new HostError(
      `Cannot enter the network namespace '${this.name}': the kernel says ${errno}${help}`,
      {
        code: 'ERR_NAMESPACE',
      },
    )
  }
}

/** Which namespace the work at hand is about; undefined: that of the process. */
const scope = new AsyncLocalStorage<NamedNamespace | undefined>()

/** The namespace that the work at hand is about; undefined: that of the process. */
export function namespaceAtHand(): NamedNamespace | undefined {
  return scope.getStore()
}

/**
 * Does work that is about a namespace, and so is all that it begins, also later: what it looks at and changes of a network
 * by `inNamespace` is there. All else, such as a socket that a callback of somebody else opens meanwhile, stays outside.
 */
export function about<Result>(namespace: NamedNamespace | undefined, work: () => Result): Result {
  return namespace === namespaceAtHand() ? work() : scope.run(namespace, work)
}

/** Does some work, none of it later, in the namespace at hand. */
export function inNamespace<Result>(work: () => Result): Result {
  const namespace = namespaceAtHand()
  return namespace === undefined ? work() : namespace.enter(work)
}

/** A callback that is about the namespace at hand, whoever calls it. */
export function boundToNamespace<Args extends unknown[]>(
  callback: (...args: Args) => void,
): (...args: Args) => void {
  const namespace = namespaceAtHand()
  return namespace === undefined ? callback : (...args) => about(namespace, () => callback(...args))
}

/** @throws QanatError ERR_NATIVE without koffi. */
function checkNative(name: string): void {
  try {
    native()
  } catch (thrown) {
    const message = `Cannot use the network namespace '${name}': this needs koffi: ${asError(thrown).message}`
    throw new QanatError(message, { code: 'ERR_NATIVE', cause: thrown })
  }
}

function missing(name: string, cause: unknown): HostError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
  const why = isMissing ? `there is none; make it with 'ip netns add ${name}'` : asError(cause).message
  return new HostError(`Cannot use the network namespace '${name}': ${why}`, { code: 'ERR_NAMESPACE', cause })
}
