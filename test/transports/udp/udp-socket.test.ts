import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import type { Link } from '../../../src/core/api/transport.js'
import { UdpSocket } from '../../../src/transports/udp/udp-socket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually, turns } from '../../support/eventually.js'
import { openUnknownSource } from '../../support/udp/udp-lab.js'

const HOST = '127.0.0.1'

describe('the UDP socket by node:dgram', () => {
  const open = async () => {
    const socket = await UdpSocket.bind(4, HOST, 0)
    afterTest(() => socket.users.closeUnused())
    return socket
  }

  const dial = (from: UdpSocket, to: UdpSocket, received = new Recorder()): Link => {
    const link = from.dial(HOST, to.port, received)
    afterTest(() => link.close())
    return link
  }

  it('hands over what came at once in batches of one sender, in order', async () => {
    const far = await open()
    const batches: string[] = []
    const total = () => batches.join().replaceAll(/\D/g, '').length
    const handlers = Object.assign(new Recorder(), {
      receive: (from: Link, datagrams: readonly Uint8Array[]) =>
        void batches.push(`${from.remote} ${datagrams.map(([mark]) => mark)}`.replace(/.*:\d+/, '')),
    })
    afterTest(far.users.listen(handlers))
    const link = dial(await open(), far)
    const other = dial(await open(), far)
    link.send([1, 2, 3].map((mark) => Uint8Array.of(mark)))
    other.send([Uint8Array.of(4)])
    link.send([Uint8Array.of(5)])
    await eventually('all arrive', total, 5)
    expect(batches).toEqual([' 1,2,3', ' 4', ' 5'])
  })

  it('hands over no more than 64 datagrams at once', async () => {
    const far = await open()
    const batches: number[] = []
    const handlers = Object.assign(new Recorder(), {
      receive: (_link: Link, datagrams: readonly Uint8Array[]) => void batches.push(datagrams.length),
    })
    afterTest(far.users.listen(handlers))
    dial(await open(), far).send(Array.from({ length: 200 }, () => Uint8Array.of(1)))
    await eventually('all arrive', () => batches.reduce((sum, count) => sum + count, 0), 200)
    expect(Math.max(...batches)).toBeLessThanOrEqual(64)
    expect(batches.length).toBeLessThan(100)
  })

  it('hands nothing over for a link that was closed after it came', async () => {
    const near = await open()
    const unknown = await openUnknownSource()
    const received = new Recorder()
    const unknownSources = new Recorder()
    afterTest(near.users.listen(unknownSources))
    const link = near.dial(HOST, unknown.address().port, received)
    await turns(1)
    unknown.send('x', near.port, HOST)
    setImmediate(() => void link.close()) // it has come by then, in the same turn, and waits
    await turns(5)
    expect([received.arrivals, unknownSources.arrivals]).toEqual([[], []])
  })
})
