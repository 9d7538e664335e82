import { join } from 'node:path'
import { INNER, type LabHost } from '../../lab/lab.js'
import type { System } from './system.js'

/** From dist/bench/systems. */
const PEER = join(import.meta.dirname, '../../../test/interop/crapvpn_peer.py')
const KEY = '1234ABCD5E'

/** CrapVPN's protocol in Python at both ends: where all of this began. */
export const pythonXor: System = {
  name: 'python-xor',
  summary: 'CrapVPN in Python (test/interop), udp, xor, which protects nothing',
  programs: ['python3'],
  source: 'apt install python3',
  prepare: ({ near, far }) => {
    const start = async (from: LabHost, to: LabHost, own: string, others: string) => {
      const program = from.start('python3', [PEER, '-p', to.ipv4, KEY, own, others])
      await program.line('ready', 'stdout')
      return program
    }
    const [nearAddress, farAddress] = INNER.ipv4
    return {
      addresses: INNER.ipv4,
      startFar: () => start(far, near, farAddress, nearAddress),
      startNear: () => start(near, far, nearAddress, farAddress),
    }
  },
}
