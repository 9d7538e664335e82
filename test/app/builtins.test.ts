import { describe, expect, it } from 'vitest'
import { createContainer } from '../../src/app/container.js'
import { TransportSet } from '../../src/app/transport-set.js'
import { silentLogger } from '../../src/core/api/logger.js'

describe('the built-in transports', () => {
  it.each([
    ['udp:', { kind: 'datagram', idleProbe: undefined }],
    ['tcp:', { kind: undefined, idleProbe: undefined }],
    ['ws:', { kind: undefined, idleProbe: 15_000 }],
    ['wss:', { kind: undefined, idleProbe: 15_000 }],
  ])('tell how their carriers behave: %s', async (protocol, traits) => {
    const { signal } = new AbortController()
    const transports = new TransportSet(await createContainer(silentLogger, []), { localPort: 0 }, signal)
    await transports.serve([new URL(`${protocol}//host`)])
    const { kind, idleProbe } = transports.get(protocol)
    expect({ kind, idleProbe }).toEqual(traits)
  })
})
