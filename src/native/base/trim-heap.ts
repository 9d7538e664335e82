import { loadKoffi } from './koffi.js'

/**
 * Gives the kernel back what malloc keeps of freed memory, such as that of V8's threads, which compile. Does nothing without koffi
 * or with another C library than glibc. malloc_trim(3)
 */
export function trimHeap(): void {
  try {
    loadKoffi().load('libc.so.6').func('int malloc_trim(size_t)')(0)
  } catch {
    // Memory that is kept does no harm.
  }
}
