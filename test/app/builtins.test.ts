import { describe, expect, it } from 'vitest'
import { builtins } from '../../src/app/builtins.js'
import { createContainer } from '../../src/app/container.js'
import { traitsIn } from '../../src/app/plugins/part-traits.js'
import { TransportSet } from '../../src/app/transport-set.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { endpointPort } from '../../src/transports/net/endpoint-port.js'

const traits = traitsIn([builtins])

describe('the built-in transports', () => {
  it.each([
    ['udp:', { kind: 'datagram' }],
    ['tcp:', {}],
    ['ws:', { idleProbe: 15_000 }],
    ['wss:', { idleProbe: 15_000 }],
    ['memory:', { kind: 'datagram' }],
  ])('tell how their carriers behave: %s', async (protocol, traits) => {
    const { signal } = new AbortController()
    const transports = new TransportSet(await createContainer(silentLogger, []), { localPort: 0 }, signal)
    await transports.serve([new URL(`${protocol}//host`)])
    expect(transports.traits(protocol)).toEqual(traits)
  })

  it.each([
    ['udp:', false],
    ['tcp:', true],
    ['ws:', true],
    ['wss:', true],
    ['memory:', false],
    ['none:', false],
  ])('tell whether they dial through proxies: %s', (protocol, proxied) => {
    expect(traits(protocol).proxied ?? false).toBe(proxied)
  })

  it.each(['udp', 'tcp', 'ws', 'wss'])(
    'tell the port that they mean if an endpoint names none: %s',
    (scheme) => {
      expect(traits(`${scheme}:`).ports?.[scheme]).toBe(endpointPort(new URL(`${scheme}://host`)))
    },
  )
})
