import { expect, it } from 'vitest'
import { Faults } from '../../../src/app/faults/faults.js'
import { GuardedLink } from '../../../src/app/faults/guarded-link.js'
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
