import { describe, expect, it } from 'vitest'
import { builtins } from '../../../src/app/builtins.js'
import { traitsIn } from '../../../src/app/plugins/part-traits.js'
import { descriptorsFor, warnOfFewDescriptors } from '../../../src/app/tunnel/few-descriptors.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { openDescriptors } from '../../../src/native/process/descriptors.js'
import { KeptLog } from '../../host/parts.js'

const TRAITS = traitsIn([builtins])

const BASE: TunnelConfig = {
  cipher: 'none',
  peers: [],
  tunDriver: 'memory',
  tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
  listen: [],
  plugins: [],
}

function config(listen: string[], endpoints: string[][], maxUnauthenticated?: number): TunnelConfig {
  return {
    ...BASE,
    listen: listen.map((url) => new URL(url)),
    peers: endpoints.map((urls, index) => ({
      id: String(index),
      allowed: [],
      endpoints: urls.map((url) => new URL(url)),
    })),
    transports: { groups: { streams: { maxUnauthenticated } } },
  }
}

describe('descriptorsFor', () => {
  it('counts listeners, what may be unauthenticated, and peers over streams', () => {
    expect(descriptorsFor(config(['udp://h:1'], [['udp://h:2'], []]), TRAITS)).toBe(2)
    expect(descriptorsFor(config(['udp://h:1', 'tcp://h:1'], [['udp://h:2'], []]), TRAITS)).toBe(4 + 1024 + 2)
    expect(descriptorsFor(config(['wss://h:1'], [], 100), TRAITS)).toBe(2 + 100)
    expect(descriptorsFor(config([], [['udp://h:2', 'wss://h:2']]), TRAITS)).toBe(2)
  })
})

it('a transport of a plugin costs a descriptor for each peer, unless its carriers are of datagrams', () => {
  const transports = (kind?: 'datagram') => ({ mine: { summary: '', ...(kind && { kind }), create: never } })
  const [streams, datagrams] = [transports(), transports('datagram')].map((parts) =>
    traitsIn([{ api: 1, name: 'mine', transports: parts }]),
  )
  expect(descriptorsFor(config([], [['mine://h']]), streams!)).toBe(2)
  expect(descriptorsFor(config([], [['mine://h']]), datagrams!)).toBe(0)
})

const never = () => {
  throw new Error('not made')
}

describe('warnOfFewDescriptors', () => {
  it('tells in one line that the limit is too low, and says nothing if it is not', () => {
    const log = new KeptLog()
    const many = config(['tcp://h:1'], [])
    warnOfFewDescriptors(many, TRAITS, log, 60)
    expect(log.lines).toMatchObject([
      { level: 'warn', message: expect.stringMatching(/RLIMIT_NOFILE/), fields: { limit: 60 } },
    ])
    log.lines.length = 0
    warnOfFewDescriptors(many, TRAITS, log, openDescriptors() + 2_000)
    warnOfFewDescriptors(many, TRAITS, log, Number.POSITIVE_INFINITY)
    expect(log.lines).toEqual([])
  })
})
