import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { native } from '../../../src/native/base/native.js'
import { chooseUdp } from '../../../src/transports/udp/udp-backend.js'
import type { UdpPort } from '../../../src/transports/udp/udp-port.js'
import { UdpSocket } from '../../../src/transports/udp/udp-socket.js'
import { orSkipped } from '../../support/native-missing.js'
import { nativeMissing } from '../../support/udp/udp-backends.js'

const HOST = '127.0.0.1'

describe('the choice of how UDP is carried', () => {
  const opened: UdpPort[] = []

  afterEach(async () => {
    vi.unstubAllEnvs()
    vi.doUnmock('../../../src/native/udp/udp-descriptor.js')
    vi.doUnmock('../../../src/native/base/native.js')
    vi.resetModules()
    await Promise.all(opened.splice(0).map((port) => port.users.closeUnused()))
  })

  it.skipIf(nativeMissing)(
    orSkipped('is native sockets where there are such, and nothing is said', nativeMissing),
    async () => {
      const { log, lines } = listening()
      opened.push(await chooseUdp(log)(4, HOST, 0))
      expect(opened[0]).not.toBeInstanceOf(UdpSocket)
      expect(lines).toEqual([])
    },
  )

  it('is node:dgram without koffi, and that is said once', async () => {
    vi.stubEnv('QANAT_NO_NATIVE', '1')
    vi.resetModules() // what was loaded stays loaded
    const { chooseUdp } = await import('../../../src/transports/udp/udp-backend.js')
    const portable = await import('../../../src/transports/udp/udp-socket.js')
    const { log, lines } = listening()
    const bind = chooseUdp(log)
    opened.push(await bind(4, HOST, 0), await bind(4, HOST, 0))
    for (const port of opened) expect(port).toBeInstanceOf(portable.UdpSocket)
    expect(lines).toEqual(['using node:dgram for UDP, which is slower'])
  })

  it('does not mark packets by node:dgram', async () => {
    vi.stubEnv('QANAT_NO_NATIVE', '1')
    vi.resetModules()
    const { chooseUdp } = await import('../../../src/transports/udp/udp-backend.js')
    await expect(chooseUdp(silentLogger, 7)(4, HOST, 0)).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_LISTEN',
      message: 'Cannot mark UDP packets with 7: only native sockets can',
    })
  })

  it.skipIf(nativeMissing)(
    orSkipped('is no other one if this process may not mark packets, which stays so', nativeMissing),
    async () => {
      vi.doMock('../../../src/native/udp/udp-descriptor.js', () => ({
        openUdp: () => {
          throw Object.assign(new Error('setsockopt EPERM'), { code: 'EPERM' })
        },
      }))
      vi.resetModules()
      const loaded = native() // koffi takes its types once
      vi.doMock('../../../src/native/base/native.js', () => ({ native: () => loaded }))
      const { chooseUdp } = await import('../../../src/transports/udp/udp-backend.js')
      const { isImpossible } = await import('../../../src/core/connector/impossible.js')
      const { log, lines } = listening()
      const error = await chooseUdp(log, 7)(4, HOST, 0).catch((thrown) => thrown)
      expect(error.message).toBe(`Cannot listen on udp://${HOST}:0: setsockopt EPERM`)
      expect([isImpossible(error), lines]).toEqual([true, []])
    },
  )

  it('is no other one where the port is in use', async () => {
    const { log, lines } = listening()
    const bind = chooseUdp(log)
    const port = await bind(4, HOST, 0)
    opened.push(port)
    await expect(bind(4, HOST, port.port)).rejects.toMatchObject({ code: 'ERR_TRANSPORT_LISTEN' })
    await expect(bind(4, '192.0.2.1', 0)).rejects.toMatchObject({ code: 'ERR_TRANSPORT_LISTEN' })
    if (!nativeMissing) expect(lines).toEqual([])
  })
})

function listening(): { log: Logger; lines: string[] } {
  const lines: string[] = []
  return { log: { ...silentLogger, info: (message) => void lines.push(message) }, lines }
}
