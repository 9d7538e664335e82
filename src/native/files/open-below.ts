import fs from 'node:fs'
import { constants } from 'node:os'
import { loadKoffi } from '../base/koffi.js'
import { native } from '../base/native.js'
import { check } from '../sockets/socket-calls.js'

/** As openat2(2) on all processors that this program runs on. asm-generic/unistd.h */
const SYS_OPENAT2 = 437
/** struct open_how: three numbers of 64 bits. linux/openat2.h */
const HOW = { flags: 0, mode: 8, resolve: 16, bytes: 24 } as const
const RESOLVE_NO_SYMLINKS = 0x04
const RESOLVE_BENEATH = 0x08
/** asm-generic/fcntl.h; Node does not name it. */
const O_CLOEXEC = 0o2000000
const { O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants
/** What is opened waits for nobody, such as a writer of a FIFO. */
const FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
/** What a kernel before 5.6, or a container's filter, answers. */
const UNKNOWN: readonly number[] = [constants.errno.ENOSYS, constants.errno.EPERM]

/**
 * Opens a file for reading that lies below a folder: no `..` and no symbolic link on the way, or at its end, leads
 * anywhere. The caller checks what kind of file it is, and closes it.
 *
 * @param folder A descriptor of the folder.
 * @param path Names with slashes between.
 * @throws Error whose `code` is the error's name, such as `ENOENT`, `ELOOP` or `EXDEV`.
 */
export type OpenBelow = (folder: number, path: string) => number

/** By one call if the kernel has that and it can be made, else step by step. */
export const openBelow: OpenBelow = (folder, path) => {
  chosen ??= openat2() ?? openStepByStep
  return chosen(folder, path)
}

let chosen: OpenBelow | undefined

/** Undefined if this process cannot ask the kernel for that. */
export function openat2(): OpenBelow | undefined {
  try {
    const { arena, libc } = native()
    const syscall = loadKoffi()
      .load('libc.so.6')
      .func('long syscall(long number, int folder, const char* path, uintptr_t how, size_t bytes)')
    const how = arena.reserve(HOW.bytes)
    arena.view.setBigUint64(how.offset + HOW.flags, BigInt(FLAGS), true)
    arena.view.setBigUint64(how.offset + HOW.resolve, BigInt(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), true)
    const open = (folder: number, path: string): number => {
      const fd = Number(syscall(SYS_OPENAT2, folder, path, how.address, how.length))
      return fd < 0 ? -libc.errno() : fd
    }
    const probe = open(-1, '.') // EBADF where it is known
    if (UNKNOWN.includes(-probe)) return undefined
    return (folder, path) => check(`openat2 ${path}`, open(folder, checked(path)))
  } catch {
    return undefined
  }
}

/** By /proc, a descriptor for each folder on the way. */
export const openStepByStep: OpenBelow = (folder, path) => {
  const names = checked(path).split('/')
  const last = names.pop()!
  let below = folder
  try {
    for (const name of names) {
      const next = openIn(below, name, O_DIRECTORY)
      if (below !== folder) fs.closeSync(below)
      below = next
    }
    return openIn(below, last, 0)
  } finally {
    if (below !== folder) fs.closeSync(below)
  }
}

function openIn(folder: number, name: string, flags: number): number {
  if (name === '' || name === '.' || name === '..') {
    throw Object.assign(new Error(`Cannot open '${name}' below a folder`), { code: 'EXDEV' })
  }
  return fs.openSync(`/proc/self/fd/${folder}/${name}`, FLAGS | flags)
}

/** A path as C has it ends at a zero. */
function checked(path: string): string {
  if (!path.includes('\0')) return path
  throw Object.assign(new Error('Cannot open a path with a zero in it'), { code: 'EINVAL' })
}
