import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Resolved } from '../net/resolve.js'

/** The addresses that a text in the format of hosts(5) gives a name. */
export function parseHosts(text: string, name: string): Resolved[] {
  const wanted = name.toLowerCase().replace(/\.$/, '')
  const found: Resolved[] = []
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    const family = isIP(address!)
    if (family === 0 || !names.some((known) => known.toLowerCase() === wanted)) continue
    found.push({ address: address!, family: family === 6 ? 6 : 4 })
  }
  return found
}

/** The addresses that this host's own file gives a name. */
export function lookUpInHosts(name: string): Resolved[] {
  try {
    return parseHosts(readFileSync('/etc/hosts', 'utf8'), name)
  } catch {
    return []
  }
}
