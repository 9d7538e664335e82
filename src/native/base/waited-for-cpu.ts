import fs from 'node:fs'

/** Room for three numbers of 64 bits. `readFileSync` would make 64 KiB for each look at a file whose size is unknown. */
const text = Buffer.alloc(64)

/**
 * Milliseconds that this process's main thread was ready to run and waited for a CPU so far, since others had it; undefined
 * if the kernel does not count. proc(5) on schedstat
 */
export function waitedForCpu(): number | undefined {
  let fd: number | undefined
  try {
    fd = fs.openSync('/proc/self/schedstat', 'r')
    const length = fs.readSync(fd, text)
    const [, waited = ''] = text.toString('latin1', 0, length).split(' ')
    return Number(waited) / 1e6
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}
