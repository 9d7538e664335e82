import { connect, type Socket } from 'node:net'
import { bareHost } from '../../core/ip/bare-host.js'
import { expect } from '../kit/expect.js'
import type { TransportLab } from './transport-lab.js'

/** Milliseconds that unknown sources have in this case: more than the lab's own link takes to prove itself. */
export const UNPROVEN = 500
/** Milliseconds after which what should have been closed will not be. */
const PATIENCE = 2_000
const STRANGERS = 3

/** What is known of a link that nothing authentic came by. The lab's far end is made with {@link UNPROVEN}. */
export const unknownSources = {
  name: 'ends what proves nothing, and nothing else',
  promise:
    'A listener ends connections and links that prove nothing within `unauthenticated-timeout`: `streams.listen` and `admit` do so.',
  async run(lab: TransportLab): Promise<void> {
    const { endpoint } = await lab.listen()
    const proven = await lab.connect(1)
    const unproven = await lab.dial()
    unproven.link.send([Uint8Array.of(2)])
    const strangers = lab.rawWire === undefined ? silentAt(endpoint) : []
    try {
      const isOver = () => unproven.received.ends.length > 0
      await lab.until('a link that proves nothing is closed', isOver, PATIENCE)
      const areOver = () => strangers.every(({ closed }) => closed)
      await lab.until('connections that say nothing are closed', areOver, PATIENCE)
    } finally {
      for (const stranger of strangers) stranger.destroy()
    }
    proven.link.send([Uint8Array.of(3)])
    const goesOn = () => lab.received.marks.includes(3)
    await lab.until('a datagram arrives by a link that proved itself', goesOn, PATIENCE)
    expect(proven.received.ends, 'what ended the link that proved itself').toEqual([])
  },
}

/** Connections by TCP that say nothing; none if the endpoint is somewhere else. */
function silentAt({ hostname, port }: URL): Socket[] {
  if (hostname === '' || Number(port) === 0) return []
  return Array.from({ length: STRANGERS }, () => {
    const socket = connect({ host: bareHost(hostname), port: Number(port) })
    socket.on('error', () => {}) // it may be reset, or refused: then it is closed
    return socket.resume()
  })
}
