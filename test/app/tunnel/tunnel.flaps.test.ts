import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { choosePlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { ipPacket } from '../../../src/conformance/kit/packets.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { SOLE_PEER, type TunnelConfig } from '../../../src/core/api/config.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { CLOCK } from '../../../src/core/injection/tokens.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import type { MemoryTunDriver } from '../../../src/tun/memory.js'
import { eventually, turns } from '../../support/eventually.js'
import { Relay } from '../../support/streams/relay.js'

/** Flaps, and after how many of them everything that is made once was made and compiled. */
const FLAPS = { tcp: 1_000, ws: 400 }
const WARM_UP = 300
/**
 * Milliseconds between flaps: a link that lasts is dialled again at once, a fleeting one after a pause. Those that last do not
 * reach one age, before which they would be renewed.
 */
const LASTING = [1_500, 2_500]
const FLEETING = 200
/** Bytes of heap that may come and go, as code is compiled: one link kept of each flap would be more. */
const MEMORY_LIMIT = 2_000_000
/** Collections of garbage before memory is believed. */
const COLLECTIONS = 8

const KEY = randomBytes(32).toString('base64')

it.each(Object.entries(FLAPS))(
  `leaves no descriptor, no timer and no memory behind when a carrier over %s flaps %i times`,
  async (scheme, flaps) => {
    const descriptors = countDescriptors()
    const clock = new VirtualClock()
    const far = await start(clock, [], [new URL(`${scheme}://127.0.0.1:0/`)])
    const relay = await Relay.open(Number(far.endpoint!.port))
    const near = await start(clock, [new URL(`${scheme}://127.0.0.1:${relay.port}/`)], [])
    await carries(near, far)

    let before = await usage(clock)
    for (let flap = 1; flap <= flaps; flap++) {
      const fleeting = flap % 5 === 0
      const lasting = LASTING[flap % LASTING.length]!
      clock.advance(fleeting ? FLEETING : lasting)
      relay.cut(flap % 2 === 0 ? 'end' : 'reset')
      await eventually('the link is lost', () => near.told('link lost'), flap)
      if (fleeting) clock.advance(lasting)
      await eventually('the peer is reached again', () => near.told('peer is reached'), flap + 1)
      await carries(near, far)
      if (flap === WARM_UP) before = await usage(clock)
    }
    const after = await usage(clock)
    expect(after.memory - before.memory).toBeLessThan(MEMORY_LIMIT)
    expect({ ...after, memory: 0 }).toEqual({ ...before, memory: 0 })

    for (const part of [near.tunnel, relay, far.tunnel]) await part.close()
    await eventually('all sockets are gone', countDescriptors, descriptors)
    expect(clock.pending).toBe(0)
  },
  60_000,
)

type End = Awaited<ReturnType<typeof start>>

/** Lets a packet leave each end, and waits for it at the other one. */
async function carries(near: End, far: End): Promise<void> {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.device.inject(ipPacket(100, 4))
    await eventually(
      'a packet arrives',
      () => to.device.written.length,
      (count) => count > 0,
    )
    to.device.written.length = 0
  }
}

/** What a process holds on to. */
async function usage(clock: VirtualClock) {
  return {
    memory: await heldMemory(),
    descriptors: countDescriptors(),
    pending: clock.pending,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
  }
}

/**
 * Bytes that live objects take. Array buffers found to be garbage are freed by a thread of V8's own, after the collection
 * and not soon on a busy machine, and what their finalizers held goes with the next one: the least of some collections is
 * asked for.
 */
async function heldMemory(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    collectGarbage()
    await turns()
    const { arrayBuffers, heapUsed } = process.memoryUsage()
    least = Math.min(least, heapUsed + arrayBuffers)
  }
  return least
}

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

const collectGarbage: () => void = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()

/** One end of a tunnel on loopback, with a device in memory. */
async function start(clock: VirtualClock, endpoints: readonly URL[], listen: readonly URL[]) {
  const counts = new Map<string, number>()
  let endpoint: URL | undefined
  const count = (message: string) => counts.set(message, (counts.get(message) ?? 0) + 1)
  const log: Logger = {
    ...silentLogger,
    info(message, fields) {
      count(message)
      if (message === 'listening') endpoint = new URL(String(fields?.endpoint))
    },
    warn: count,
  }
  const container = await createContainer(log, [])
  container.register(CLOCK, { useValue: clock })
  const config: TunnelConfig = {
    cipher: 'aes-256-gcm',
    key: KEY,
    peers: [{ id: SOLE_PEER, allowed: EVERYTHING, endpoints }],
    listen,
    tunDriver: 'memory',
    tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
    plugins: [],
  }
  const tunnel = await Tunnel.start(container, config, new AbortController().signal)
  const driver = choosePlugin(container, 'TUN driver', 'memory').make(
    {},
    new AbortController().signal,
  ) as MemoryTunDriver
  const device = driver.devices.get(tunnel.device)!
  return { tunnel, device, endpoint, told: (message: string) => counts.get(message) ?? 0 }
}
