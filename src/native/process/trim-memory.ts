import v8 from 'node:v8'
import vm from 'node:vm'
import { loadKoffi } from '../base/koffi.js'

let trim: (() => void) | undefined

/**
 * Gives memory back to the host that this process has and does not use: garbage, which V8 leaves where it lies while
 * nothing new is wanted, and what malloc keeps. It takes some tens of milliseconds, in which nothing else is done.
 */
export function trimMemory(): void {
  trim ??= trimmer()
  trim()
}

function trimmer(): () => void {
  v8.setFlagsFromString('--expose-gc') // for contexts that are made from now on
  const collect = vm.runInNewContext('gc') as () => void
  const trimHeap = mallocTrim()
  return () => {
    collect()
    trimHeap()
  }
}

/** Does nothing without koffi, or where the C library has no such call. */
function mallocTrim(): () => void {
  try {
    const call = loadKoffi().load('libc.so.6').func('int malloc_trim(size_t)')
    return () => call(0)
  } catch {
    return () => {}
  }
}
