import { expect, it } from 'vitest'
import { Faults } from '../../../src/app/faults/faults.js'
import { GuardedLink } from '../../../src/app/faults/guarded-link.js'
import { misshapen } from '../../../src/app/faults/shapes.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { Link } from '../../../src/core/api/transport.js'
import { systemClock } from '../../../src/core/time/system-clock.js'

it('tells the IPv4 address of a far end whose plugin tells the IPv6 one that stands for it', () => {
  const faults = new Faults({ plugin: 'p', what: "transport 't'", log: silentLogger, clock: systemClock })
  const sourceOf = (source: Uint8Array) => new GuardedLink({ source } as Link, faults, new Recorder()).source
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1)
  const ipv6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1)
  expect(sourceOf(mapped)).toEqual(Uint8Array.of(192, 0, 2, 1))
  expect(sourceOf(ipv6)).toEqual(ipv6)
  expect(sourceOf(new Uint8Array(0))).toEqual(new Uint8Array(0))
})

it('passes on how large datagrams may be, and ends if its plugin cannot tell', () => {
  const faults = new Faults({ plugin: 'p', what: "transport 't'", log: silentLogger, clock: systemClock })
  const limits: number[] = []
  const inner = {
    maxIncoming: 9_000 as number | undefined,
    limit: (bytes: number) => void limits.push(bytes),
    close: async () => {},
  }
  const link = new GuardedLink(inner as unknown as Link, faults, new Recorder())
  link.limit!(8_000)
  expect([link.maxIncoming, limits]).toEqual([9_000, [8_000]])
  expect(new GuardedLink({} as Link, faults, new Recorder()).limit).toBeUndefined()
  Object.defineProperty(inner, 'maxIncoming', {
    get: () => {
      throw new Error('no')
    },
  })
  expect([link.maxIncoming, link.isOver]).toEqual([undefined, true])
})

it('leads to a URL, whatever its plugin says of it later', async () => {
  const warnings: string[] = []
  const log = { ...silentLogger, warn: (text: string) => void warnings.push(text) }
  const faults = new Faults({ plugin: 'p', what: "transport 't'", log, clock: systemClock })
  const inner = { remote: 'pipe://a', close: async () => {} }
  const handlers = new Recorder()
  const link = new GuardedLink(inner as unknown as Link, faults, handlers)
  expect(link.remote).toBe('pipe://a')
  inner.remote = 'caller 3'
  expect([link.remote, link.isOver]).toEqual(['pipe://a', true])
  expect(warnings).toEqual(["transport 't' failed in 'remote', and the link is closed"])
  const never = new GuardedLink({ ...inner } as unknown as Link, faults, handlers)
  expect(URL.canParse(never.remote)).toBe(true)
  expect(misshapen('link', inner)).toBe("no link: its 'remote' is no text of a URL")
})
