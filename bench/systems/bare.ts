import type { System } from './system.js'

/** No tunnel: what the kernel and iperf3 can do on this machine. */
export const bare: System = {
  name: 'bare',
  summary: 'the veth pair, no tunnel',
  programs: [],
  quick: true,
  prepare: (lab) => ({ addresses: [lab.near.ipv4, lab.far.ipv4] }),
}
