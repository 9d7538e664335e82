import { join } from 'node:path'
import { expect, it } from 'vitest'
import { INNER, REACHED } from '../../lab/lab.js'
import { lossOf } from '../support/e2e/connect.js'
import { copy } from '../support/e2e/labs/copy.js'
import { groupLab } from '../support/e2e/labs/group-lab.js'
import { describeWhere } from '../support/e2e/requirements.js'

const PEER = join(import.meta.dirname, 'crapvpn_peer.py')
/** Longer than a word, and of a length that no packet's is a multiple of. */
const KEY = '1234ABCD5E'
const COPY_BYTES = 5_000_000
const PINGS = 50

const NEEDS = ['root', '/dev/net/tun', 'program ip', 'program ping', 'program python3'] as const

describeWhere(NEEDS, 'a CrapVPN peer in Python over UDP port 1337', () => {
  const [qanatAddress, peerAddress] = INNER.ipv4
  const lab = groupLab()

  it('is pinged by Qanat, which calls it, and pings back', async () => {
    await startPeer()
    const qanat = lab.near.qanat('-p', lab.far.ipv4, ...qanatArguments())
    await qanat.line(REACHED)
    expect(await lossOf(lab.near, peerAddress, PINGS)).toBe('0%')
    expect(await lossOf(lab.far, qanatAddress, PINGS)).toBe('0%')
  })

  it('calls Qanat, which waits for it', async () => {
    const qanat = lab.near.qanat(...qanatArguments())
    await qanat.line('listening')
    await startPeer('-p', lab.near.ipv4)
    expect(await lossOf(lab.far, qanatAddress, PINGS)).toBe('0%')
    expect(await lossOf(lab.near, peerAddress, PINGS)).toBe('0%')
  })

  it('exchanges 5 MB over TCP in each direction, unchanged', async () => {
    await startPeer('-p', lab.near.ipv4)
    const qanat = lab.near.qanat('-p', lab.far.ipv4, ...qanatArguments())
    await qanat.line(REACHED)
    await copy(lab.near, lab.far, qanatAddress, COPY_BYTES)
    await copy(lab.far, lab.near, peerAddress, COPY_BYTES)
  })

  function qanatArguments(): string[] {
    return ['-k', KEY, '--cipher', 'xor', qanatAddress, peerAddress]
  }

  async function startPeer(...options: string[]): Promise<void> {
    const peer = lab.far.start('python3', [PEER, ...options, KEY, peerAddress, qanatAddress])
    await peer.line('ready', 'stdout')
  }
})
