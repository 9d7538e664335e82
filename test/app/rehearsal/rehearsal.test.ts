import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import v8 from 'node:v8'
import { describe, expect, it, vi } from 'vitest'
import { within } from '../../../lab/deadline.js'
import { createContainer } from '../../../src/app/container.js'
import { Rehearsal } from '../../../src/app/rehearsal/rehearsal.js'
import { processTimestamps } from '../../../src/ciphers/noise/handshake/tai64n.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import type { Fields, Logger } from '../../../src/core/api/logger.js'
import { newTraffic } from '../../../src/core/peers/traffic.js'
import { sizeClass } from '../../../src/native/base/arena.js'
import { native } from '../../../src/native/base/native.js'
import { eventually, turns } from '../../support/eventually.js'
import { nativeMissing } from '../../support/native-missing.js'

/** What only a test ends. */
const ENDLESS = { time: 600_000, cpu: 600_000 }
/** Enough for a few packets, however little of the processor this process gets. */
const PATIENT = { time: 30_000, cpu: 1_000 }
const ENDPOINTS = ['udp://192.0.2.1:9', 'tcp://192.0.2.1:9', 'ws://192.0.2.1:9', 'wss://192.0.2.1:9']

/** A log that is kept. */
function keptLog() {
  const lines: { level: string; message: string; fields: Fields | undefined }[] = []
  const at = (level: string) => (message: string, fields?: Fields) =>
    void lines.push({ level, message, fields })
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  return { lines, log }
}

function configOf(endpoint: string, cipher = 'aes-256-gcm'): TunnelConfig {
  return {
    cipher,
    key: 'of the real tunnel',
    privateKey: 'as well',
    peers: [{ id: 'peer', allowed: [], endpoints: [new URL(endpoint)] }],
    listen: [],
    tun: { name: 'real', mtu: 1420, addresses: [], routes: [] },
    plugins: [],
  }
}

/** Addresses that this process has sockets at, in the kernel's hex; of this host's loopback they end in 7F. */
function boundAddresses(): string[] {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
  return ['udp', 'udp6', 'tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/self/net/${table}`, 'latin1')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => own.has(columns[9] ?? ''))
      .map((columns) => columns[1]!),
  )
}

describe('a rehearsal', () => {
  it.each([
    ...ENDPOINTS.map((endpoint) => [endpoint, 'aes-256-gcm']),
    ['udp://192.0.2.1:9', 'wireguard'],
    ['udp://192.0.2.1:9', 'xor'],
    ['memory://real', 'chacha20-poly1305'],
  ])('carries packets by %s with %s, on the loopback alone, and leaves nothing', async (endpoint, cipher) => {
    const { lines, log } = keptLog()
    const before = boundAddresses()
    const container = await createContainer(log, [])
    const rehearsal = new Rehearsal(container, configOf(endpoint, cipher), undefined, ENDLESS)
    const seen = new Set<string>()
    await eventually(
      'packets arrive',
      () => {
        for (const address of boundAddresses()) seen.add(address)
        return rehearsal.arrived > 20
      },
      true,
    )
    await rehearsal.stop()
    expect(lines).toEqual([])
    for (const address of before) seen.delete(address)
    if (endpoint.startsWith('memory')) expect(seen.size).toBe(0)
    else expect(seen.size).toBeGreaterThan(0)
    for (const address of seen) expect(address).toMatch(/^(0{24}|0{16}FFFF0000|)0100007F:/)
    await eventually('no socket is left', boundAddresses, before)
  })

  it('tries generations one after another, each of them new', async () => {
    const { lines, log } = keptLog()
    const container = await createContainer(log, [])
    await new Rehearsal(container, configOf('memory://real'), undefined, PATIENT).ended
    expect(lines[0]!.fields!.generations).toBe(5)
  })

  it('makes timestamps of its own', async () => {
    const { log } = keptLog()
    const now = Date.now() + 3_600_000 // later than whatever a rehearsal may say
    const before = Buffer.from(processTimestamps.next(now)).readUInt32BE(8)
    const container = await createContainer(log, [])
    await new Rehearsal(container, configOf('udp://192.0.2.1:9', 'wireguard'), undefined, PATIENT).ended
    expect(Buffer.from(processTimestamps.next(now)).readUInt32BE(8)).toBe(before + 1)
  })

  it('ends at once when it is stopped, without a word', async () => {
    const { lines, log } = keptLog()
    const before = boundAddresses()
    const container = await createContainer(log, [])
    const rehearsal = new Rehearsal(container, configOf('tcp://192.0.2.1:9'), undefined, ENDLESS)
    await eventually('sockets are open', () => boundAddresses().length > before.length, true)
    await within(rehearsal.stop(), 'it ends', 2_000) // less than any part that hangs is waited for
    expect(lines).toEqual([])
    await eventually('no socket is left', boundAddresses, before)
  })

  it('stands still while real packets pass, goes on when they stop, and leaves V8 alone meanwhile', async () => {
    const flags = vi.spyOn(v8, 'setFlagsFromString').mockImplementation(() => {})
    const { log } = keptLog()
    const traffic = newTraffic()
    const container = await createContainer(log, [])
    const rehearsal = new Rehearsal(container, configOf('memory://real'), traffic, ENDLESS)
    await eventually('packets arrive', () => rehearsal.arrived > 20, true)
    const now = performance.now()
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
    traffic.sentPackets++
    await turns()
    const { arrived } = rehearsal
    await turns(200)
    expect(rehearsal.arrived).toBe(arrived)
    const factors = () => flags.mock.calls.map(([flag]) => flag.at(-1))
    if (!nativeMissing) await eventually('V8 is left alone', factors, ['1', '2'])
    clock.mockRestore()
    await eventually('more arrive', () => rehearsal.arrived > arrived, true)
    await rehearsal.stop()
    if (!nativeMissing) expect(factors()).toEqual(['1', '2', '1', '2'])
    flags.mockRestore()
  })

  it('starts nothing while real packets pass, and does once they stop', async () => {
    const { log } = keptLog()
    const traffic = newTraffic()
    const container = await createContainer(log, [])
    const before = boundAddresses()
    const now = performance.now()
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
    const rehearsal = new Rehearsal(container, configOf('udp://192.0.2.1:9'), traffic, ENDLESS)
    traffic.receivedPackets++
    await turns(200)
    expect(boundAddresses()).toEqual(before)
    clock.mockRestore()
    await eventually('packets arrive', () => rehearsal.arrived > 0, true)
    await rehearsal.stop()
  })

  it('opens nothing if the tunnel is over its youth before it could begin', async () => {
    const { lines, log } = keptLog()
    const traffic = newTraffic()
    const container = await createContainer(log, [])
    const before = boundAddresses()
    const rehearsal = new Rehearsal(container, configOf('udp://192.0.2.1:9'), traffic, ENDLESS)
    traffic.sentPackets += 1_000
    await rehearsal.ended
    expect(boundAddresses()).toEqual(before)
    expect(lines[0]!.fields).toMatchObject({ generations: 0, packets: 0 })
  })

  it('gives up if its start alone takes what it may', async () => {
    const { lines, log } = keptLog()
    const container = await createContainer(log, [])
    const limits = { time: 0.001, cpu: 600_000 }
    await new Rehearsal(container, configOf('memory://real'), undefined, limits).ended
    expect(lines).toEqual([
      {
        level: 'debug',
        message: 'the rehearsal ended early',
        fields: { why: 'its start alone took too long' },
      },
    ])
  })

  it('stops for real packets, and ends once there are enough of them', async () => {
    const { lines, log } = keptLog()
    const traffic = newTraffic()
    const container = await createContainer(log, [])
    const rehearsal = new Rehearsal(container, configOf('udp://192.0.2.1:9'), traffic, ENDLESS)
    traffic.sentPackets += 1_000
    traffic.receivedPackets += 1_000
    await rehearsal.ended
    expect(lines.at(-1)!.message).toBe('rehearsed')
  })

  it.skipIf(nativeMissing)('gives back the memory that it took', async () => {
    const { log } = keptLog()
    const container = await createContainer(log, [])
    const run = () => new Rehearsal(container, configOf('udp://192.0.2.1:9'), undefined, PATIENT).ended
    // Of a size that nothing else asks for, so it is the arena's newest.
    const newest = () => native().arena.reserve(3_000_001).offset
    await run()
    const before = newest()
    await run()
    expect(newest() - before).toBe(sizeClass(3_000_001))
  })

  it('says why when there is nothing to rehearse', async () => {
    const { lines, log } = keptLog()
    const container = await createContainer(log, [])
    await new Rehearsal(container, { ...configOf('udp://192.0.2.1:9'), peers: [] }, undefined).ended
    expect(lines).toEqual([
      { level: 'debug', message: 'not rehearsed', fields: { why: 'it has no endpoint' } },
    ])
  })
})
