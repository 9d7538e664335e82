import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { describe, it } from 'vitest'
import { unpackedPackage } from '../../../lab/debian-packages.js'
import { nativeMissing } from '../native-missing.js'
import { unpackedNode } from '../node/unpacked-node.js'

/** What a test may need of the machine: `program NAME`, `Debian package NAME` to unpack, `Node MAJOR` of the registry, or one of the others. */
export type Requirement =
  | 'root'
  | 'koffi'
  | 'two processors'
  | '/dev/net/tun'
  | 'the package tuntap2'
  | 'user namespaces'
  | 'a kernel with the qdisc tbf'
  | 'the npm registry'
  | `program ${string}`
  | `Debian package ${string}`
  | `Node ${string}`

/**
 * A group of tests that needs something of the machine. Where that is missing the group is skipped, and its
 * name tells why; in CI, which has to have everything but what was disabled, it fails.
 */
export function describeWhere(needs: readonly Requirement[], name: string, body: () => void): void {
  const missing = needs.filter((need) => !isThere(need))
  const title = `${name}, which needs ${missing.join(' and ')}`
  if (missing.length === 0) describe(name, body)
  else if (process.env.CI === 'true' && !missing.every(isDisabled)) {
    it(title, () => {
      throw new Error(`Cannot test here: ${missing.join(', ')} is missing, and CI must have it`)
    })
  } else describe.skip(title, body)
}

function isThere(need: Requirement): boolean {
  if (need === 'root') return process.getuid?.() === 0
  if (need === 'koffi') return nativeMissing === undefined
  if (need === 'two processors') return availableParallelism() > 1
  if (need === '/dev/net/tun') return isUsable(need)
  if (need === 'the package tuntap2') return isInstalled('tuntap2')
  if (need === 'user namespaces') return spawnSync('unshare', ['--user', 'true']).status === 0
  if (need === 'a kernel with the qdisc tbf') return canLimit()
  if (need === 'the npm registry') return reachesRegistry()
  if (need.startsWith('Debian package ')) {
    return unpackedPackage(need.replace('Debian package ', '')) !== undefined
  }
  if (need.startsWith('Node ')) return unpackedNode(need.replace('Node ', '')) !== undefined
  return spawnSync('which', [need.replace('program ', '')]).status === 0
}

/** Whether somebody wants to see what works without it. */
function isDisabled(need: Requirement): boolean {
  return need === 'koffi' && process.env.QANAT_NO_NATIVE === '1'
}

function canLimit(): boolean {
  const limit = ['rate', '1mbit', 'burst', '16kb', 'latency', '100ms']
  const command = ['-n', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'tbf', ...limit]
  return spawnSync('unshare', command).status === 0
}

/** Packages that are not in npm's cache come from there. */
function reachesRegistry(): boolean {
  return spawnSync('npm', ['ping', '--fetch-retries=0', '--fetch-timeout=10000']).status === 0
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Loads it, since it has an addon that is compiled when it is installed. */
function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url)(name)
    return true
  } catch {
    return false
  }
}
