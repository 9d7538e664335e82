import { constants } from 'node:os'
import type { Koffi } from './koffi.js'

/**
 * Functions of the C library. Addresses are numbers, which spare koffi an object per call; they must be of the
 * arena, and the caller has checked the lengths. A negative result means failure: `errno` tells which.
 */
export interface Libc {
  read(fd: number, address: number, length: number): number
  write(fd: number, address: number, length: number): number
  ioctl(fd: number, request: number, address: number): number
  setsockopt(fd: number, level: number, option: number, address: number, length: number): number
  /** Moves the calling thread to another namespace. setns(2) */
  setns(fd: number, kind: number): number
  /** The error number of the last call that failed. */
  errno(): number
}

/** Binds the C library's functions. Throws if one is missing. */
export function bindLibc(koffi: Koffi): Libc {
  const libc = koffi.load('libc.so.6')
  return {
    read: libc.func('long read(int, uintptr_t, size_t)'),
    write: libc.func('long write(int, uintptr_t, size_t)'),
    ioctl: libc.func('int ioctl(int, unsigned long, uintptr_t)'),
    setsockopt: libc.func('int setsockopt(int, int, int, uintptr_t, unsigned int)'),
    setns: libc.func('int setns(int, int)'),
    errno: () => koffi.errno(),
  }
}

/** The name of an error number, such as `EBUSY`. */
export function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === errno) return name
  return `errno ${errno}`
}
