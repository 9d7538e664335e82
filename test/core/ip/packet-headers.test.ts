import { describe, expect, it } from 'vitest'
import { packet, pattern } from '../../../lab/offload-packets.js'
import { PacketHeaders } from '../../../src/core/ip/packet-headers.js'

const TCP = { protocol: 'tcp', payload: pattern(40) } as const

function read(bytes: Uint8Array) {
  const headers = new PacketHeaders()
  return headers.read(bytes) ? headers : undefined
}

/** An IPv6 packet of these extension headers, each its number and its bytes but for the next one's number. */
function ip6(
  headers: readonly [number: number, ...rest: number[]][],
  last: number,
  rest: number[] = [],
): Uint8Array {
  const numbers = [...headers.map(([number]) => number), last]
  const extensions = headers.flatMap(([, ...bytes], index) => [numbers[index + 1]!, ...bytes])
  const bytes = new Uint8Array(40 + extensions.length + rest.length)
  bytes.set([0x60, 0, 0, 0, 0, extensions.length + rest.length, numbers[0]!, 64])
  bytes.set([...extensions, ...rest], 40)
  return bytes
}

const EMPTY_OPTIONS = [0, 1, 4, 0, 0, 0, 0] as const
/** An authentication header counts in words of 4 bytes, less 2. */
const AUTHENTICATION = [1, ...new Array(10).fill(0)] as const

describe('PacketHeaders', () => {
  it('walks the options of IPv4', () => {
    const { bytes } = packet({ ...TCP, version: 4, ipOptions: pattern(8) })
    expect(read(bytes)).toMatchObject({
      ...{ version: 4, protocol: 6, transport: 28, source: 12, destination: 16, fragment: 'none' },
    })
  })

  it('walks the extension headers of IPv6', () => {
    const bytes = ip6(
      [
        [0, ...EMPTY_OPTIONS],
        [60, 1, ...new Array(14).fill(0)],
        [43, ...EMPTY_OPTIONS],
        [51, ...AUTHENTICATION],
      ],
      17,
    )
    expect(read(bytes)).toMatchObject({
      version: 6,
      protocol: 17,
      transport: 40 + 8 + 16 + 8 + 12,
      routing: 64,
    })
  })

  it('stops where nothing more can be read', () => {
    for (const last of [50, 59, 58]) expect(read(ip6([[0, ...EMPTY_OPTIONS]], last))!.protocol).toBe(last)
  })

  it('knows fragments, and what follows the header of a later one', () => {
    const first = packet({ ...TCP, version: 4, id: 7, fragment: 0x2000 }).bytes
    const later = packet({ ...TCP, version: 4, id: 7, fragment: 5 }).bytes
    const whole = packet({ ...TCP, version: 4, id: 7, fragment: 0x4000 }).bytes
    expect(read(first)).toMatchObject({ fragment: 'first', fragmentOffset: 0, fragmentable: 20 })
    expect(read(later)).toMatchObject({ fragment: 'later', fragmentOffset: 40, identification: 7 })
    expect(read(whole)).toMatchObject({ fragment: 'none', fragmentable: 0 })
    const id = [0, 0, 1, 2]
    expect(
      read(
        ip6(
          [
            [44, 0, 0, 1, ...id],
            [60, ...EMPTY_OPTIONS],
          ],
          17,
        ),
      ),
    ).toMatchObject({
      ...{ fragment: 'first', identification: 258, protocol: 17, fragmentable: 48, transport: 56 },
    })
    expect(read(ip6([[44, 0, 0, 16, ...id]], 60, [1, 2, 3]))).toMatchObject({
      ...{ fragment: 'later', fragmentOffset: 16, protocol: 60, transport: 48 },
    })
    expect(read(ip6([[44, 0, 0, 0, ...id]], 17))!.fragment).toBe('none')
  })

  it('refuses what is not whole, or whose headers are not', () => {
    const { bytes } = packet({ ...TCP, version: 4 })
    expect(read(bytes.subarray(0, bytes.length - 1))).toBeUndefined()
    for (const first of [0x44, 0x4f, 0x55]) {
      const short = bytes.slice(0, 20)
      short.set([first, 0, 0, 20])
      expect(read(short)).toBeUndefined()
    }
    expect(read(ip6([[0, 1, 1, 4, 0, 0, 0, 0]], 17))).toBeUndefined()
    expect(read(ip6([[0]], 17))).toBeUndefined()
    expect(
      read(
        ip6(
          [
            [44, 0, 0, 1, 0, 0, 0, 1],
            [44, 0, 0, 1, 0, 0, 0, 1],
          ],
          17,
        ),
      ),
    ).toBeUndefined()
    expect(read(new Uint8Array(0))).toBeUndefined()
  })
})
