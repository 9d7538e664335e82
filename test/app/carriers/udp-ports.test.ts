import { expect, it } from 'vitest'
import { localPort, udpPortOf, withPortsInForce } from '../../../src/app/carriers/udp-ports.js'
import { DEFAULT_PORT } from '../../../src/core/settings/ports.js'

const urls = (...texts: readonly string[]) => texts.map((text) => new URL(text))

it('keeps the port in force if any will do', () => {
  const kept = (listen: readonly URL[], before: readonly URL[]) =>
    withPortsInForce(listen, before).map(String)
  expect(kept(urls('udp://[::]:0'), urls('udp://[::]:7'))).toEqual(['udp://[::]:7'])
  expect(kept(urls('udp://[::]:8'), urls('udp://[::]:7'))).toEqual(['udp://[::]:8'])
  expect(kept(urls('udp://[::]:0'), urls('tcp://[::]:7'))).toEqual(['udp://[::]:0'])
})

it('dials from the UDP port at which this end listens, and from the usual one if it listens at none', () => {
  expect(localPort(urls('tcp://[::]:8', 'udp://[::]:7'))).toBe(7)
  expect(localPort(urls('tcp://[::]:8'))).toBe(DEFAULT_PORT)
  expect(udpPortOf(urls('tcp://[::]:8'))).toBeUndefined()
})
