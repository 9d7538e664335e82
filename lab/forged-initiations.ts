import { randomFillSync } from 'node:crypto'
import { MAC_BYTES, writeMacs } from '../src/ciphers/noise/handshake/macs.js'
import type { Protocol } from '../src/ciphers/noise/handshake/protocol.js'
import { MESSAGE_TYPES } from '../src/ciphers/noise/wire/messages.js'

/** Initiations to the end that `protocol` belongs to, all different: mac1 is right, there is no mac2, and the rest is random. */
export function forgedInitiations(protocol: Protocol, count: number): Uint8Array[] {
  return Array.from({ length: count }, () => {
    const forged = new Uint8Array(protocol.initiationLength)
    randomFillSync(forged, 4)
    forged[0] = MESSAGE_TYPES.initiation
    forged.fill(0, forged.length - MAC_BYTES)
    writeMacs(forged, protocol.macs.mac1, undefined)
    return forged
  })
}
