import { describe, expect, it } from 'vitest'
import type { OpenResult } from '../../../src/core/api/cipher.js'
import type { Joiner, Train } from '../../../src/core/api/trains.js'
import type { Link } from '../../../src/core/api/transport.js'
import { TrainOpening } from '../../../src/core/forwarding/train-opening.js'
import { createJoiner } from '../../../src/core/offload/index.js'
import { datagramOf, FakeCipher } from '../../support/core/fake-cipher.js'
import { deadLink } from '../../support/links.js'
import { FakeTun, ipv4, pumpLab } from './pump-lab.js'

const joiner = createJoiner((bytes) => new Uint8Array(bytes), { udp: true })
const RESULT: OpenResult = { opened: [], replies: [] }
const TRAINS: Train[] = [{ bytes: new Uint8Array(3), size: 2 }]

class TrainCipher extends FakeCipher {
  openTrains(_link: Link, trains: readonly Train[], by: Joiner): OpenResult {
    this.calls.push(`${trains.length} trains`)
    expect(by).toBe(joiner)
    return RESULT
  }
}

const joining = () => Object.assign(new FakeTun(), { joiner })

describe('TrainOpening', () => {
  it('opens trains if the cipher does, the device has a joiner and no hook looks at packets', () => {
    const link = deadLink()
    expect(new TrainOpening(new TrainCipher(), joining(), true).open(link, TRAINS, 0)).toBe(RESULT)
    expect(new TrainOpening(new TrainCipher(), joining(), false).open(link, TRAINS, 0)).toBeUndefined()
    expect(new TrainOpening(new TrainCipher(), new FakeTun(), true).open(link, TRAINS, 0)).toBeUndefined()
    expect(new TrainOpening(new FakeCipher(), joining(), true).open(link, TRAINS, 0)).toBeUndefined()
    const bare = Object.assign(new TrainCipher(), { authenticates: false })
    expect(new TrainOpening(bare, joining(), true).open(link, TRAINS, 0)).toBeUndefined()
  })

  it('opens the datagrams of a list as a train each', () => {
    const link = deadLink()
    const seen: number[][] = []
    const cipher = Object.assign(new TrainCipher(), {
      openTrains: (_: Link, trains: readonly Train[]) => {
        seen.push(trains.flatMap(({ bytes, size }) => [bytes.length, size]))
        return RESULT
      },
    })
    const opening = new TrainOpening(cipher, joining(), true)
    for (const lengths of [[3, 2, 0], [5], [1, 4]])
      expect(
        opening.openList(
          link,
          lengths.map((length) => new Uint8Array(length)),
          0,
        ),
      ).toBe(RESULT)
    expect(seen).toEqual([
      [3, 3, 2, 2, 0, 1],
      [5, 5],
      [1, 1, 4, 4],
    ])
    expect(new TrainOpening(cipher, joining(), false).openList(link, [new Uint8Array(1)], 0)).toBeUndefined()
  })

  it('leaves the datagrams of trains to a cipher that opens none', () => {
    const { pump, tun, a } = pumpLab()
    const datagrams = [1, 2, 3].map((mark) => datagramOf('a', 0, ipv4(10, 1, mark)))
    const bytes = Uint8Array.from(datagrams.flatMap((each) => [...each]))
    const size = datagrams[0]!.length
    pump.receiveTrains(a, [
      { bytes: bytes.subarray(0, 2 * size), size },
      { bytes: bytes.subarray(2 * size), size },
    ])
    expect(tun.written).toEqual([[1, 2, 3]])
  })
})
