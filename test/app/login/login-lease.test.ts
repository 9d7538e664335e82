import { describe, expect, it } from 'vitest'
import { LoginLease } from '../../../src/app/login/login-lease.js'
import type { Outside } from '../../../src/app/login/outside.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'

const outside: Outside = { mark: 7, names: () => ({ servers: ['192.0.2.1'], search: ['example.org'] }) }

describe('the login beside a tunnel', () => {
  it('is told how to go past it, and is open for as long as whoever asked for it is there', async () => {
    const clock = new VirtualClock()
    const lease = new LoginLease(outside, clock)
    const first = new AbortController()
    expect(lease.status).toBeNull()
    const leave = { mark: 7, servers: ['192.0.2.1'], search: ['example.org'] }
    expect(lease.begin({ seconds: 600, gone: first.signal })).toEqual(leave)
    const { since, until } = lease.status!
    expect(Date.parse(until) - Date.parse(since)).toBe(600_000)
    first.abort()
    expect(lease.status).toBeNull()
  })

  it('is one at a time, and the end of one that was refused ends none', () => {
    const lease = new LoginLease(outside, new VirtualClock())
    const [first, second] = [new AbortController(), new AbortController()]
    lease.begin({ seconds: 600, gone: first.signal })
    const { until } = lease.status!
    expect(() => lease.begin({ seconds: 1, gone: second.signal })).toThrow(
      `Cannot open a login: one is open already, until ${until}`,
    )
    second.abort()
    expect(lease.status).toMatchObject({ until })
    first.abort()
    lease.begin({ seconds: 1, gone: new AbortController().signal })
  })

  it('takes a tunnel that leads the web into it, and a time', () => {
    const gone = new AbortController().signal
    const without = new LoginLease(undefined, new VirtualClock())
    expect(() => without.begin({ seconds: 600, gone })).toThrow(/any browser reaches the page$/)
    const lease = new LoginLease(outside, new VirtualClock())
    for (const seconds of [undefined, 0, 3_601, 1.5, Number.NaN])
      expect(() => lease.begin({ seconds, gone })).toThrow(/its time is not within 1 to 3600 seconds$/)
    expect(lease.status).toBeNull()
  })
})
