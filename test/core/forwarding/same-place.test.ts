import { expect, it } from 'vitest'
import { RecordingLogger } from '../../../src/conformance/kit/recording-logger.js'
import { datagramOf, MOVES } from '../../support/core/fake-cipher.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { ipv4, pumpLab } from './pump-lab.js'

it('tells of another port that datagrams come from', () => {
  const log = new RecordingLogger()
  const { peers, pump } = pumpLab([], log)
  peers.a.link = undefined
  const here = Uint8Array.of(192, 0, 2, 1)
  for (const port of [1, 2]) {
    const link = new FakeLink(`fake://192.0.2.1:${port}`, false, here)
    pump.receive(link, [datagramOf('a', MOVES, ipv4(10, 1))])
  }
  expect([log.messages('info'), log.messages('debug')]).toEqual([
    ['peer uses a new link', 'peer uses a new link'],
    [],
  ])
})

it('tells of a link in place of one from the same host, by the same scheme, for debugging alone', () => {
  const log = new RecordingLogger()
  const { peers, pump } = pumpLab([], log)
  peers.a.link = undefined
  const here = Uint8Array.of(192, 0, 2, 1)
  const links = [
    new FakeLink('fake://192.0.2.1:1', true, here),
    new FakeLink('fake://192.0.2.1:2', true, here),
    new FakeLink('fake://192.0.2.1:3', true, here),
    new FakeLink('other://192.0.2.1:3', true, here),
    new FakeLink('other://192.0.2.7:3', true, Uint8Array.of(192, 0, 2, 7)),
  ]
  for (const link of links) pump.receive(link, [datagramOf('a', MOVES, ipv4(10, 1))])
  expect([log.messages('info').length, log.messages('debug')]).toEqual([
    3,
    ['peer renews its link', 'peer renews its link'],
  ])
})
