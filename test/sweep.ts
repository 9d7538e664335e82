import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { namespaceNames, removeNamespace } from '../lab/namespaces.js'

/** The name of a network namespace of a lab or a demo: it holds the id of the process that made it. */
const OURS = /^qanat-(?:[a-z]+-)?(\d+)-/

/**
 * Removes network namespaces whose makers were killed before they could do so themselves, with all that runs
 * inside: before the tests those of an earlier run, and after them their own.
 */
export function setup(): void {
  if (process.getuid?.() !== 0 || spawnSync('ip', ['-V']).status !== 0) return
  for (const name of namespaceNames()) {
    const [, maker] = OURS.exec(name) ?? []
    if (maker !== undefined && !existsSync(`/proc/${maker}`)) removeIfThere(name)
  }
}

export const teardown = setup

/** Another run of the tests may remove it at the same moment. */
function removeIfThere(name: string): void {
  try {
    removeNamespace(name)
  } catch (thrown) {
    if (namespaceNames().includes(name)) throw thrown
  }
}
