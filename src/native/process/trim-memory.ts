import v8 from 'node:v8'
import vm from 'node:vm'
import { loadKoffi } from '../base/koffi.js'

let trim: (() => void) | undefined
let trimMalloc: (() => void) | undefined

/**
 * Gives memory back to the host that this process has and does not use: garbage, which V8 leaves where it lies while
 * nothing new is wanted, and what malloc keeps. It takes some tens of milliseconds, in which nothing else is done.
 */
export function trimMemory(): void {
  trim ??= trimmer()
  trim()
}

/**
 * Gives the host back what malloc keeps of freed memory, such as that of V8's threads, which compile. Does nothing without koffi, or
 * with another C library than glibc. malloc_trim(3)
 */
export function trimHeap(): void {
  trimMalloc ??= mallocTrim()
  trimMalloc()
}

function trimmer(): () => void {
  v8.setFlagsFromString('--expose-gc') // for contexts that are made from now on
  const collect = vm.runInNewContext('gc') as () => void
  return () => {
    collect()
    trimHeap()
  }
}

function mallocTrim(): () => void {
  try {
    const call = loadKoffi().load('libc.so.6').func('int malloc_trim(size_t)')
    return () => call(0)
  } catch {
    return () => {}
  }
}
