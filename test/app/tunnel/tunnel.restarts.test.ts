import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { choosePlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { CLOCK } from '../../../src/core/injection/tokens.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import type { Clock, Timer } from '../../../src/core/time/clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { native } from '../../../src/native/base/native.js'
import type { MemoryTunDriver } from '../../../src/tun/memory.js'
import { eventually, turns } from '../../support/eventually.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const STARTS = 100
const missing = namespacesMissing()

function config(tunDriver: string, turn: number): TunnelConfig {
  return {
    cipher: 'xor',
    key: '1234ABCD',
    peers: [
      { id: 'peer', allowed: EVERYTHING, endpoints: turn % 2 === 0 ? [new URL('udp://127.0.0.1:9')] : [] },
    ],
    tunDriver,
    tun: {
      name: undefined,
      mtu: 1420,
      addresses: [{ local: '10.99.0.1', peer: '10.99.0.2', prefix: 32 }],
      routes: [],
    },
    listen: turn % 3 === 0 ? [] : [new URL(turn % 3 === 1 ? 'udp://[::]:0' : 'udp://127.0.0.1:0')],
    plugins: [],
  }
}

async function startAndStop(driver: string): Promise<void> {
  const container = await createContainer(silentLogger, [])
  const clock = new CountingClock()
  container.register(CLOCK, { useValue: clock })
  const abort = new AbortController()
  const devices = choosePlugin(container, 'TUN driver', 'memory').make({}, abort.signal) as MemoryTunDriver
  const round = async (turn: number) => {
    const tunnel = await Tunnel.start(container, config(driver, turn), abort.signal)
    await tunnel.close()
    await tunnel.ended
  }
  await round(1) // what is made once for the process
  await turns()
  const before = openThings()
  for (let turn = 0; turn < STARTS; turn++) await round(turn)
  await turns()
  await eventually('as much is open as before', openThings, before)
  expect([devices.devices.size, clock.pending]).toEqual([0, 0])
}

/** The host's time, with a count of the timers that wait. */
class CountingClock implements Clock {
  readonly now = systemClock.now
  readonly wall = systemClock.wall
  readonly #pending = new Set<Timer>()

  get pending(): number {
    return this.#pending.size
  }

  schedule(delay: number, callback: () => void): Timer {
    const timer = systemClock.schedule(delay, () => {
      this.#pending.delete(timer)
      callback()
    })
    this.#pending.add(timer)
    return {
      cancel: () => {
        timer.cancel()
        this.#pending.delete(timer)
      },
    }
  }
}

/** What is open in the process: handles of Node, but for timers, which the test has as well, and descriptors. */
function openThings(): string {
  const handles = process.getActiveResourcesInfo().filter((kind) => !['Immediate', 'Timeout'].includes(kind))
  return [...handles.sort(), `${fs.readdirSync('/proc/self/fd').length} descriptors`].join(', ')
}

/** Lets the event loop go round until something holds, some times at most. */
describe('Tunnel, started and stopped 100 times', () => {
  it('leaves nothing open with a device in memory and UDP', () => startAndStop('memory'))

  it.skipIf(missing)(
    `leaves nothing open with a device of the kernel${missing ? `: ${missing}` : ''}`,
    () =>
      inNewNetwork(async () => {
        const links = () => execFileSync('ip', ['-o', 'address'], { encoding: 'utf8' })
        const before = links()
        const { arena } = native()
        await startAndStop('linux')
        expect(links()).toBe(before)
        const probe = arena.reserve(50_000_000)
        expect(probe.offset).toBeLessThan(5_000_000) // what one tunnel takes at a time
        probe.release()
      }),
    30_000,
  )
})
