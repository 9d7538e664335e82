import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { loadKoffi } from '../../src/native/base/koffi.js'
import { nativeMissing } from './native-missing.js'

/** Linux' flag for a new network namespace. linux/sched.h */
const CLONE_NEWNET = 0x40000000
const CURRENT = '/proc/self/ns/net'

/** Why there can be no network namespaces and TUN devices here, or which program is missing; undefined where none is. */
export function namespacesMissing(...programs: readonly string[]): string | undefined {
  if (nativeMissing !== undefined) return nativeMissing
  if (process.getuid?.() !== 0) return 'not root'
  if (!fs.existsSync('/dev/net/tun')) return 'no /dev/net/tun'
  const missing = programs.find((program) => spawnSync('which', [program]).status !== 0)
  return missing === undefined ? undefined : `no program ${missing}`
}

/**
 * Does some work in a network namespace of its own, whose loopback is up: sockets, devices and child processes
 * of the main thread are made there. The namespace is gone with the last of them.
 */
export async function inNewNetwork(work: () => Promise<void>): Promise<void> {
  const libc = loadKoffi().load('libc.so.6')
  const unshare = libc.func('int unshare(int flags)')
  const setns = libc.func('int setns(int fd, int type)')
  const before = fs.openSync(CURRENT, 'r')
  if (unshare(CLONE_NEWNET) !== 0) throw new Error('Cannot make a network namespace')
  try {
    execFileSync('ip', ['link', 'set', 'dev', 'lo', 'up'])
    await work()
  } finally {
    setns(before, CLONE_NEWNET)
    fs.closeSync(before)
  }
}
