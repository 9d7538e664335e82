/** Bytes of a process that lie in memory, told apart by whose they are. */
export interface ResidentParts {
  /** Pages of the program node and of libraries, which all processes that run them share. */
  readonly files: number
  /** The arena: what the kernel, libuv and OpenSSL are given pointers to. */
  readonly arena: number
  /** All else: V8's heap and its code, what malloc gave out, stacks of threads. */
  readonly anonymous: number
}

/** `from-to rights offset device inode path` begins a mapping. proc_pid_smaps(5) */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ (\d+)/
const RESIDENT = /^Rss: +(\d+) kB$/
const KIBIBYTE = 1024

/**
 * Reads /proc/PID/smaps.
 *
 * @param arenaBytes by which the arena is known: no other mapping without a file is as large, but for those that nothing is read from
 *   or written to, which V8 reserves and which have no page in memory.
 */
export function residentParts(smaps: string, arenaBytes: number): ResidentParts {
  const parts = { files: 0, arena: 0, anonymous: 0 }
  let part: keyof ResidentParts = 'anonymous'
  for (const line of smaps.split('\n')) {
    const mapping = MAPPING.exec(line)
    if (mapping !== null) {
      const bytes = Number.parseInt(mapping[2]!, 16) - Number.parseInt(mapping[1]!, 16)
      if (mapping[3] !== '0') part = 'files'
      else part = bytes >= arenaBytes && bytes < 2 * arenaBytes ? 'arena' : 'anonymous'
    }
    const resident = RESIDENT.exec(line)
    if (resident !== null) parts[part] += Number(resident[1]) * KIBIBYTE
  }
  return parts
}

const ROLLED_UP = /^(Rss|Private_Clean|Private_Dirty): +(\d+) kB$/gm

/** Reads /proc/PID/smaps_rollup, proc_pid_smaps(5): bytes of a process that lie in memory, and how many of them no other process shares. */
export function ownBytes(rollup: string): { readonly whole: number; readonly own: number } {
  let [whole, own] = [0, 0]
  for (const [, field, kibibytes] of rollup.matchAll(ROLLED_UP)) {
    if (field === 'Rss') whole += Number(kibibytes) * KIBIBYTE
    else own += Number(kibibytes) * KIBIBYTE
  }
  return { whole, own }
}
