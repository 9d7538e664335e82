import type { Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { TlsTap } from '../../../../src/transports/tls/handoff/tls-tap.js'
import { turns } from '../../../support/eventually.js'

const KIB = 1024

/** A record of data with this many bytes in all. */
function record(bytes: number): Buffer {
  const made = Buffer.alloc(bytes, 7)
  made.set([23, 3, 3])
  made.writeUInt16BE(bytes - 5, 3)
  return made
}

/** A tap, the far end of its connection, and what was handed on. */
function lab() {
  const [near, far] = duplexPair()
  const tap = new TlsTap(near as Socket)
  const handedOn: Buffer[] = []
  tap.on('data', (bytes: Buffer) => handedOn.push(bytes))
  return {
    tap,
    handedOn,
    async comes(...bytes: Buffer[]) {
      for (const chunk of bytes) far.write(chunk)
      await turns()
    },
  }
}

describe('TlsTap', () => {
  it('keeps up to 64 records, and goes on without keeping any beyond', async () => {
    const { tap, comes, handedOn } = lab()
    const records = Array.from({ length: 65 }, () => record(30))
    await comes(...records.slice(0, 63))
    tap.write(record(30))
    expect([tap.records!.incoming.length, tap.records!.outgoing.length]).toEqual([63, 1])
    await comes(...records.slice(63))
    expect(tap.records).toBeUndefined()
    expect(Buffer.concat(handedOn)).toEqual(Buffer.concat(records))
  })

  it('keeps up to 32 KiB of records, and goes on without keeping any beyond', async () => {
    const { tap, comes, handedOn } = lab()
    const records = [16 * KIB, 16 * KIB - 20, 20, 6].map(record)
    await comes(...records.slice(0, 3))
    expect(tap.records!.incoming).toEqual(records.slice(0, 3))
    await comes(records[3]!)
    expect(tap.records).toBeUndefined()
    expect(Buffer.concat(handedOn)).toEqual(Buffer.concat(records))
  })

  it('hands records on whole and one at a time, and none once it is stopped', async () => {
    const { tap, comes, handedOn } = lab()
    const [first, second, third] = [record(100), record(200), record(300)]
    tap.once('data', () => tap.stop())
    await comes(first!.subarray(0, 40))
    expect(handedOn).toEqual([])
    await comes(Buffer.concat([first!.subarray(40), second!, third!.subarray(0, 10)]), third!.subarray(10))
    expect(handedOn).toEqual([first])
    tap.goOn()
    await comes()
    expect(Buffer.concat(handedOn)).toEqual(Buffer.concat([first!, second!, third!]))
  })
})
