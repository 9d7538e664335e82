import { readFileSync } from 'node:fs'
import { inNamespace } from '../process/namespace-scope.js'

/**
 * Whether the namespace at hand has an interface of that name: one in memory is no part of it, and /sys shows those of the
 * process's own namespace only. False if the system does not say.
 */
export function hasInterface(name: string): boolean {
  try {
    const shown = inNamespace(() => readFileSync('/proc/net/dev', 'utf8'))
    return shown.split('\n').some((line) => line.trimStart().startsWith(`${name}:`))
  } catch {
    return false
  }
}
