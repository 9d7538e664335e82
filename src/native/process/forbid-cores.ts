import { writeFileSync } from 'node:fs'
import { ARENA_BYTES } from '../base/arena.js'
import { loadKoffi } from '../base/koffi.js'
import { native } from '../base/native.js'

/** asm-generic/resource.h, and bytes of struct rlimit: the soft and the hard limit. */
const RLIMIT_CORE = 4
const RLIMIT_BYTES = 16
/** linux/prctl.h */
const PR_SET_DUMPABLE = 4
/** asm-generic/mman-common.h */
const MADV_DONTDUMP = 16
/** Which memory goes into a core; it can only be written while the process is dumpable or root. core(5) */
const FILTER = '/proc/self/coredump_filter'

/**
 * Sees to it that nobody finds keys in a core of this process: none is written, no other process of the same user
 * may look into its memory, and what native code keeps would be left out of a core. To be called again after a change of
 * users, which resets some of it. Without koffi cores are written, without any memory in them.
 *
 * Programs that are started from here may raise their limit again: the hard one stays.
 */
export function forbidCores(): void {
  leaveMemoryOut()
  try {
    const { arena } = native()
    const libc = loadKoffi().load('libc.so.6')
    const memory = arena.reserve(RLIMIT_BYTES)
    if (libc.func('int getrlimit(int, uintptr_t)')(RLIMIT_CORE, memory.address) === 0) {
      arena.view.setBigUint64(memory.offset, 0n, true)
      libc.func('int setrlimit(int, uintptr_t)')(RLIMIT_CORE, memory.address)
    }
    memory.release()
    libc.func('int madvise(uintptr_t, size_t, int)')(arena.address(0), ARENA_BYTES, MADV_DONTDUMP)
    const prctl = 'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)'
    libc.func(prctl)(PR_SET_DUMPABLE, 0, 0, 0, 0)
  } catch {
    // what can be done without koffi is done
  }
}

function leaveMemoryOut(): void {
  try {
    writeFileSync(FILTER, '0')
  } catch {
    // it is not this process's any more, once it is not dumpable
  }
}
