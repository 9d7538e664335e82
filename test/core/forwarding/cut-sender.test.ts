import { describe, expect, it } from 'vitest'
import { packet, pattern, type Recipe } from '../../../lab/offload-packets.js'
import type { PeerId } from '../../../src/core/api/cipher.js'
import type { SegmentSource, Train } from '../../../src/core/api/trains.js'
import { CutSender } from '../../../src/core/forwarding/cut-sender.js'
import { FakeCipher } from '../../support/core/fake-cipher.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { makeSegmenter } from './pump-lab.js'

const SUPER: Recipe = { version: 4, protocol: 'tcp', payload: pattern(250), segmentSize: 100 }
const PLAIN: Recipe = { ...SUPER, payload: pattern(10), segmentSize: 0 }

/** Takes trains, and notes each beside the batches. */
class TrainLink extends FakeLink {
  sendTrain({ bytes, size }: Train): void {
    this.batches.push([Uint8Array.of(bytes.length, size)])
  }
}

/** Makes of segments a train of their first bytes, if it is willing. */
class TrainCipher extends FakeCipher {
  willing = true

  sealSegments(peer: PeerId, source: SegmentSource): Train | undefined {
    this.calls.push(`segments ${peer}`)
    if (!this.willing) return undefined
    const bytes = Uint8Array.from({ length: source.count }, () => source.memory[source.next()]!)
    return { bytes, size: 1 }
  }
}

function sent(cipher: FakeCipher, link: FakeLink): number[][] {
  const sender = new CutSender(cipher, makeSegmenter())
  const packets = [PLAIN, PLAIN, SUPER, SUPER, PLAIN].map(packet)
  sender.send('a', link, packets, 'partial', 65_507, 0)
  return link.batches.map((batch) => batch.map(({ length }) => length))
}

/** Bytes of a datagram of a plain packet, of a segment and of the last one. */
const [SMALL, FULL, LAST] = [52, 142, 92]
const CUT = [FULL, FULL, LAST]

describe('CutSender', () => {
  it('sends trains of super-packets, and what lies between them as batches, in their order', () => {
    const [cipher, link] = [new TrainCipher(), new TrainLink()]
    expect(sent(cipher, link)).toEqual([[SMALL, SMALL], [2], [2], [SMALL]])
    expect([...link.batches[1]![0]!]).toEqual([3, 1])
    expect(cipher.calls).toEqual(['seal a', 'segments a', 'segments a', 'seal a'])
  })

  it('cuts what the cipher seals no train of', () => {
    const cipher = new TrainCipher()
    cipher.willing = false
    expect(sent(cipher, new TrainLink())).toEqual([[SMALL, SMALL], CUT, CUT, [SMALL]])
  })

  it('cuts all as one batch for a cipher or a link that knows no trains', () => {
    const whole = [[SMALL, SMALL, ...CUT, ...CUT, SMALL]]
    expect(sent(new FakeCipher(), new TrainLink())).toEqual(whole)
    expect(sent(new TrainCipher(), new FakeLink())).toEqual(whole)
  })
})
