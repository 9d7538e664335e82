import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { hasRoom, MAX_PACKET, type Packet } from '../../src/core/api/packet.js'
import { LoopReader } from '../../src/tun/loop-reader.js'
import type { PacketReader } from '../../src/tun/packet-reader.js'
import { PoolReader } from '../../src/tun/pool-reader.js'
import { eventually, turns } from '../support/eventually.js'

/** Bytes that wait in a pipe at most: one more than the largest packet. pipe(7) */
const PIPE_BYTES = 65_536

/** A pipe with a name stands in for the device: what it holds is read like a packet. */
describe('the readers of packets', () => {
  let folder: string
  let path: string
  let writer: number
  let reader: PacketReader
  const batches: number[][] = []

  beforeEach(() => {
    folder = temporaryFolder()
    path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    writer = fs.openSync(path, 'r+')
    batches.length = 0
  })

  afterEach(async () => {
    vi.restoreAllMocks()
    await reader.close()
    fs.closeSync(writer)
  })

  const handlers = {
    receive: (packets: readonly Packet[]) => {
      batches.push(packets.map(({ bytes }) => bytes.length))
      for (const { bytes } of packets) {
        expect(hasRoom(bytes)).toBe(true)
        bytes.fill(0)
      }
    },
    failed: (error: Error) => expect.unreachable(error.message),
  }
  const write = (bytes: number) => fs.writeSync(writer, new Uint8Array(bytes))
  const bytes = () => batches.flat().reduce((sum, length) => sum + length, 0)
  const arrived = (wanted: number) => eventually(`${wanted} bytes arrive`, bytes, wanted)
  const isOpen = () =>
    fs
      .readdirSync('/proc/self/fd')
      .filter((fd) => fd !== String(writer))
      .some((fd) => target(fd) === path)

  for (const [name, make] of [
    ['by the loop', () => new LoopReader(fs.openSync(path, 'r+'))],
    ['by a thread of the pool', () => makePoolReader(path, () => write(1))],
  ] as const) {
    describe(name, () => {
      it('reads from its start on, and hands over packets with room around them', async () => {
        reader = make()
        write(3)
        await turns(5)
        expect(batches).toEqual([])
        reader.start(handlers)
        await arrived(3)
        write(MAX_PACKET)
        await arrived(3 + MAX_PACKET)
        expect(batches).toEqual([[3], [MAX_PACKET]])
      })

      it('hands nothing over after its close, which may come twice and before its start', async () => {
        reader = make()
        await Promise.all([reader.close(), reader.close()])
        expect(isOpen()).toBe(false)
        reader = make()
        reader.start(handlers)
        write(3)
        await Promise.all([reader.close(), reader.close()])
        reader.resume()
        await turns(5)
        expect(isOpen()).toBe(false)
        expect(batches).toEqual([])
      })

      it('hands over what waited for it to be resumed', async () => {
        reader = make()
        reader.start(handlers)
        write(1)
        await arrived(1)
        reader.pause()
        reader.resume()
        write(2)
        await arrived(3)
        expect(batches).toEqual([[1], [2]])
      })
    })
  }

  describe('by the loop', () => {
    const start = () => {
      reader = new LoopReader(fs.openSync(path, 'r+'))
      reader.start(handlers)
    }

    it('hands over as one batch what turns in a row brought', async () => {
      start()
      write(PIPE_BYTES)
      await arrived(PIPE_BYTES)
      expect(batches).toEqual([[MAX_PACKET, 1]])
    })

    it('reads nothing while it is paused', async () => {
      start()
      reader.pause()
      write(2)
      await turns(5)
      expect(batches).toEqual([])
      reader.resume()
      await arrived(2)
    })

    it('keeps what it had read when it was paused', async () => {
      start()
      await turns(1)
      write(2)
      setImmediate(() => reader.pause()) // after the read, in the same turn
      await turns(5)
      expect(batches).toEqual([])
      reader.resume()
      await arrived(2)
    })

    it('throws where Node lets nobody have a pipe, and leaves the descriptor open', () => {
      vi.spyOn(process as unknown as { binding: () => unknown }, 'binding').mockImplementation(() => {
        throw new Error('no such binding')
      })
      const descriptor = fs.openSync(path, 'r+')
      expect(() => new LoopReader(descriptor)).toThrow('no such binding')
      expect(target(String(descriptor))).toBe(path)
      fs.closeSync(descriptor)
      reader = makePoolReader(path, () => write(1))
    })
  })
})

function target(descriptor: string): string | undefined {
  try {
    return fs.readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return undefined // it was the listing's own
  }
}

/** @param wake Ends a read that waits. */
function makePoolReader(path: string, wake: () => void): PacketReader {
  const descriptor = fs.openSync(path, 'r+')
  return new PoolReader(descriptor, async () => {
    wake()
    fs.closeSync(descriptor)
  })
}
