import { describe, expect, it } from 'vitest'
import { type Fields, silentLogger } from '../../../src/core/api/logger.js'
import { packetOf } from '../../../src/core/api/packet.js'
import type { HookResult, PacketHook } from '../../../src/core/api/packet-hook.js'
import { dropsOf } from '../../../src/core/forwarding/drops.js'
import { FAULT_SPAN, MOST_FAULTS } from '../../../src/core/hooks/fault-limit.js'
import { datagramOf, MOVES } from '../../support/core/fake-cipher.js'
import { ipv4, pumpLab } from '../forwarding/pump-lab.js'

/** A pump with one hook, and what it logs. */
function lab(hook: PacketHook) {
  const lines: [string, Fields | undefined][] = []
  const log = { ...silentLogger, warn: (text: string, fields?: Fields) => void lines.push([text, fields]) }
  return { ...pumpLab([{ name: 'broken', plugin: 'tested', sees: 'packets', hook }], log), lines }
}

const throws = () => {
  throw new Error('boom')
}

/** A packet with something about it that is not right. */
const odd = (difference: object) => [{ ...packetOf(ipv4(1, 10)), ...difference }]

/** What a hook may return that is no result, and what is said of it. */
const WRONG: readonly [returned: unknown, said: string][] = [
  [null, 'null'],
  [true, 'boolean'],
  [[], 'a list'],
  [new Map(), "an object without 'packets' and 'replies'"],
  // biome-ignore lint/suspicious/noThenProperty: a promise of another library
  [{ then() {} }, 'a promise'],
  [{ packet: [] }, "the member 'packet'"],
  [{ packets: {} }, "'packets' of type object"],
  [{ replies: null }, "'replies' of type null"],
  [{ packets: [null] }, 'null as a packet'],
  [{ packets: [undefined] }, 'undefined as a packet'],
  [{ packets: [{}] }, "a packet whose 'bytes' are of type undefined"],
  [
    { packets: odd({ bytes: packetOf(ipv4(1, 10).subarray(0, 19)).bytes }) },
    'a packet without a whole IP header',
  ],
  [{ packets: odd({ bytes: packetOf(new Uint8Array(65_536)).bytes }) }, 'a packet of 65536 bytes'],
  [{ packets: odd({ segmentSize: -1 }) }, 'a packet with the segment size -1'],
  [{ packets: odd({ checksum: 'none' }) }, "a packet with the checksum 'none'"],
  [{ replies: [{}] }, "a packet whose 'bytes' are of type undefined"],
  [{ packets: new Array(258).fill(packetOf(ipv4(1, 10))) }, '258 packets; at most 257 can go on'],
]

describe('A packet hook that fails', () => {
  it('loses the batch, which is counted, and the tunnel goes on', () => {
    const { leave, pump, peers, marks, a, tun, chain, failures, lines } = lab({
      outgoing: throws,
      incoming: throws,
    })
    leave(ipv4(1, 10), ipv4(1, 10))
    pump.receive(a, [datagramOf('a', MOVES, ipv4(10, 1))])
    expect([marks(a), tun.written, failures]).toEqual([[], [], []])
    expect(dropsOf(chain!.drops)).toEqual({ 'hooks.broken.failed': 3 })
    expect(peers.a.drops.hooked).toBe(3)
    expect(lines).toEqual([
      [
        "packet hook 'broken' failed, and its packets are dropped",
        { plugin: 'tested', operation: 'outgoing', why: 'boom' },
      ],
    ])
  })

  it('says what else is dropped if it cannot say what it drops itself, and counts that once', () => {
    const { chain, failures, lines } = lab({
      outgoing: () => undefined,
      get drops() {
        return throws()
      },
    })
    for (let look = 0; look < 2 * MOST_FAULTS; look++)
      expect(dropsOf(chain!.drops)).toEqual({ 'hooks.broken.failed': 1 })
    expect(failures).toEqual([])
    expect(lines).toEqual([
      ["packet hook 'broken' cannot say what it drops", { plugin: 'tested', why: 'boom' }],
    ])
    const odd = lab({ drops: { refused: 2, odd: 'x' as never, none: Number.NaN } })
    expect(dropsOf(odd.chain!.drops)).toEqual({ 'hooks.broken.refused': 2 })
  })

  it(`ends the tunnel at the ${MOST_FAULTS}th time within ${FAULT_SPAN} ms, and is named with what it did`, () => {
    const { leave, failures, clock, cipher } = lab({ outgoing: throws })
    for (let time = 1; time < MOST_FAULTS; time++) leave(ipv4(1, 10))
    clock.advance(FAULT_SPAN - 1)
    expect(failures).toEqual([])
    leave(ipv4(1, 10))
    const said =
      "Cannot go on with packet hook 'broken' of plugin 'tested': 'outgoing' failed for the 10th time within 10 s: boom"
    expect(failures).toEqual([said])
    expect(cipher.calls).toEqual([])
  })

  it('is borne with for as long as it fails more seldom', () => {
    const { leave, failures, clock } = lab({ outgoing: throws })
    for (let time = 0; time < 5 * MOST_FAULTS; time++) {
      leave(ipv4(1, 10))
      clock.advance(Math.ceil(FAULT_SPAN / (MOST_FAULTS - 1)))
    }
    expect(failures).toEqual([])
  })

  it('fails as well if it returns what is no result, and is told what that is', () => {
    for (const [returned, said] of WRONG) {
      const { leave, marks, a, chain, lines } = lab({ outgoing: () => returned as HookResult })
      leave(ipv4(1, 10))
      expect([marks(a), lines.map(([, fields]) => fields!.why)]).toEqual([[], [`it returned ${said}`]])
      expect(dropsOf(chain!.drops)).toEqual({ 'hooks.broken.failed': 1 })
    }
  })

  it('fails if it returns a promise, whatever becomes of that', async () => {
    const late = Promise.reject(new Error('late'))
    const { leave, a, lines } = lab({ outgoing: () => late as HookResult })
    leave(ipv4(1, 10))
    expect([a.sent, lines.map(([, fields]) => fields!.why)]).toEqual([[], ['it returned a promise']])
    await expect(late).rejects.toThrow('late')
  })

  it('fails if one packet would go on twice, as each is sealed where it lies', () => {
    const own = packetOf(ipv4(1, 10))
    for (const twice of [(lent: readonly object[]) => [lent[0], lent[0]], () => [own, own]]) {
      const { leave, lines } = lab({ outgoing: (packets) => ({ packets: twice(packets) }) as HookResult })
      leave(ipv4(1, 10), ipv4(1, 10))
      expect(lines.map(([, fields]) => fields!.why)).toEqual(['it returned a packet twice'])
    }
  })

  it('fails if it spoils a lent packet', () => {
    for (const spoil of [
      { segmentSize: 0.5 },
      { checksum: '' },
      { bytes: new Uint8Array(140).subarray(64, 76) },
    ]) {
      const { leave, a, lines } = lab({
        outgoing: ([packet]) => {
          Object.assign(packet!, spoil)
          return undefined
        },
      })
      leave(ipv4(1, 10))
      expect([a.sent, lines.length]).toEqual([[], 1])
    }
  })
})
