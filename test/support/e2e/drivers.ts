import type { Requirement } from './requirements.js'

/** The drivers of TUN devices of the kernel, and what each needs besides. */
export const DRIVERS: readonly (readonly [name: string, needs: readonly Requirement[]])[] = [
  ['linux', ['koffi']],
  ['tuntap2', ['the package tuntap2']],
]
