import fs from 'node:fs'
import { native } from '../base/native.js'
import { SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET } from '../base/sockets.js'
import { check, getOption } from '../sockets/socket-calls.js'
import { inNamespace, namespaceAtHand } from './namespace-scope.js'

const AF_UNIX = 1
/** asm-generic/socket.h, Linux 5.14 */
const SO_NETNS_COOKIE = 71
const COOKIE_BYTES = 8

/** Where changes of a network are made. */
export interface NetworkNamespace {
  /** This start of the host; empty if the kernel does not tell. */
  readonly boot: string
  /** The inode of the network namespace, which another one may bear once this one is gone. */
  readonly network: number
  /** What the kernel calls the namespace and no other one until the next start; absent without koffi or on old kernels. */
  readonly cookie?: string
  /** The inode of the mount namespace, for readers: `ip netns exec` makes a new one each time. */
  readonly mount: number
  /** The name of the network namespace, if a tunnel has its device there and lives elsewhere. */
  readonly name?: string
}

/** Where the work at hand changes things: where this process is, but for the network namespace. */
export function ownNamespace(): NetworkNamespace {
  return inNamespace(identity)
}

function identity(): NetworkNamespace {
  const cookie = ownCookie()
  const name = namespaceAtHand()?.name
  return {
    boot: bootId(),
    network: fs.statSync('/proc/thread-self/ns/net').ino,
    ...(cookie === undefined ? {} : { cookie }),
    mount: fs.statSync('/proc/self/ns/mnt').ino,
    ...(name === undefined ? {} : { name }),
  }
}

/** What the kernel calls this start of the host; empty if it does not tell. random(4) */
export function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

function ownCookie(): string | undefined {
  try {
    const system = native()
    const socket = check('socket', system.sockets.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    try {
      const cookie = getOption(system, socket, SOL_SOCKET, SO_NETNS_COOKIE, COOKIE_BYTES)
      return typeof cookie === 'number' ? undefined : String(cookie.readBigUInt64LE(0))
    } finally {
      fs.closeSync(socket)
    }
  } catch {
    return undefined
  }
}
