import { readdirSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { endsOf, type Rehearsed } from '../../../src/app/rehearsal/ends.js'
import { Generation } from '../../../src/app/rehearsal/generation.js'
import { SocketHosts } from '../../../src/app/rehearsal/hosts.js'
import { rehearsedOf } from '../../../src/app/rehearsal/rehearsed.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { sizeClass } from '../../../src/native/base/arena.js'
import { native } from '../../../src/native/base/native.js'
import { nativeMissing } from '../../support/native-missing.js'

/** Of a size that nothing else asks for, so it is the arena's newest. */
const SIZE = 3_100_001
const newest = () => native().arena.reserve(SIZE).offset
const descriptors = () => readdirSync('/proc/self/fd').length

async function rehearsed(): Promise<Rehearsed> {
  return rehearsedOf(await createContainer(silentLogger, []), {
    ...{ cipher: 'aes-256-gcm', key: 'of the real tunnel', listen: [], plugins: [] },
    peers: [{ id: 'peer', allowed: [], endpoints: [new URL('memory://real')] }],
    tun: { name: 'real', mtu: 1420, addresses: [], routes: [] },
  }) as Rehearsed
}

/** Starts one, and stops it as soon as so many devices are open. */
async function cutShort(devices: number): Promise<void> {
  const hosts = new SocketHosts(native())
  const abort = new AbortController()
  const open = hosts.open.bind(hosts)
  let opened = 0
  hosts.open = async (options) => {
    const device = await open(options)
    if (++opened === devices) abort.abort()
    return device
  }
  const parts = { hosts, signal: abort.signal, rest: async () => {} }
  await expect(Generation.start(endsOf(await rehearsed()), parts)).rejects.toThrow()
}

describe.skipIf(nativeMissing)('a generation of a rehearsal', () => {
  it.each([1, 2])(
    'leaves no descriptor and no memory if it is stopped once %i devices are open',
    async (devices) => {
      // Twice: the first and the second make what is kept for good.
      for (let time = 0; time < 2; time++) await cutShort(devices)
      const [before, at] = [descriptors(), newest()]
      for (let time = 0; time < 5; time++) await cutShort(devices)
      expect(descriptors()).toBe(before)
      expect(newest() - at).toBe(sizeClass(SIZE))
    },
  )

  it('leaves no descriptor if there is no memory for its devices', async () => {
    await cutShort(1)
    const { arena } = native()
    const [before, reserve] = [descriptors(), arena.reserve.bind(arena)]
    for (const kept of [1, 2, 3]) {
      let left = kept
      vi.spyOn(arena, 'reserve').mockImplementation((length, zeroed) => {
        if (left-- === 0) throw new RangeError('the arena is full')
        return reserve(length, zeroed)
      })
      const opening = new SocketHosts(native()).open({ name: 'one' })
      await expect(opening).rejects.toThrow('the arena is full')
      vi.restoreAllMocks()
      expect(descriptors()).toBe(before)
    }
  })

  it('rests before each of its ends and their devices, and between them, also as they close, so that what is real goes first', async () => {
    const hosts = new SocketHosts(native())
    const open = hosts.open.bind(hosts)
    let opened = 0
    hosts.open = (options) => {
      opened++
      return open(options)
    }
    const rested: number[] = []
    const rest = async () => void rested.push(opened)
    const { signal } = new AbortController()
    const generation = await Generation.start(endsOf(await rehearsed()), { hosts, signal, rest })
    expect(rested.splice(0)).toEqual([0, 0, 1, 1, 1])
    const before = descriptors()
    let between = 0
    await generation.close(async () => {
      between = descriptors()
    })
    expect(before).toBeGreaterThan(between)
    expect(between).toBeGreaterThan(descriptors())
  })
})
