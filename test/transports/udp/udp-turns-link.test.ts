import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { type Train, trainReceiver } from '../../../src/core/api/trains.js'
import type { Link, LinkHandlers } from '../../../src/core/api/transport.js'
import type { Resolved } from '../../../src/transports/net/resolve.js'
import { AddressTurns } from '../../../src/transports/udp/address-turns.js'
import { UdpTurnsLink } from '../../../src/transports/udp/udp-turns-link.js'
import { deadLink } from '../../support/links.js'

const ADDRESSES: Resolved[] = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
]
const DATAGRAM = Uint8Array.of(7)

/** A link of two addresses, what was sent to which, and a way to let something come from one. */
function twoAddresses(turns = new AddressTurns(), received = new Recorder()) {
  const sent: string[] = []
  const closed: string[] = []
  const dialled: { link: Link; handlers: LinkHandlers }[] = []
  const dial = ({ address }: Resolved, handlers: LinkHandlers) => {
    const link = {
      ...deadLink(address),
      send: () => void sent.push(address),
      sendTrain: () => void sent.push(`${address} train`),
      sendUnfragmented: () => sent.push(`${address} whole`) > 0,
      close: async () => void closed.push(address),
    }
    dialled.push({ link, handlers })
    return link
  }
  const link = new UdpTurnsLink('udp://host:1337', turns.order(ADDRESSES), turns, dial, received)
  const come = (index: number) => dialled[index]!.handlers.receive(dialled[index]!.link, [DATAGRAM])
  const comeAsTrains = (index: number, trains: readonly Train[]) => {
    const { handlers, link } = dialled[index]!
    trainReceiver(handlers)!.receiveTrains(link, trains)
  }
  return { link, sent, closed, received, dialled, come, comeAsTrains }
}

describe('UdpTurnsLink', () => {
  it('sends each batch to the next address while nothing is proven', () => {
    const { link, sent } = twoAddresses()
    for (let batch = 0; batch < 3; batch++) link.send([DATAGRAM])
    expect(sent).toEqual(['::1', '127.0.0.1', '::1'])
  })

  it('gives no turn to a batch without a datagram', () => {
    const { link, sent } = twoAddresses()
    for (let batch = 0; batch < 3; batch++) {
      link.send([DATAGRAM])
      link.send([])
    }
    expect(sent).toEqual(['::1', '127.0.0.1', '::1'])
  })

  it('gives a train one turn, and sends it where all goes once something was proven', () => {
    const { link, sent, come } = twoAddresses()
    const train = { bytes: new Uint8Array(9), size: 4 }
    link.sendTrain!(train)
    link.sendTrain!(train)
    come(1)
    link.authenticated()
    link.sendTrain!(train)
    expect(sent).toEqual(['::1 train', '127.0.0.1 train', '127.0.0.1 train'])
  })

  it('tells where trains came from, and hands them on to who takes them', () => {
    const trains: Train[] = []
    const taker = Object.assign(new Recorder(), {
      receiveTrains: (_: Link, came: Train[]) => trains.push(...came),
    })
    const { link, comeAsTrains } = twoAddresses(new AddressTurns(), taker)
    const train = { bytes: DATAGRAM, size: 1 }
    comeAsTrains(1, [train])
    link.authenticated()
    expect([trains, link.source]).toEqual([[train], deadLink('127.0.0.1').source])
    expect(twoAddresses().dialled[0]!.handlers).not.toHaveProperty('receiveTrains')
  })

  it('sends datagrams of one length to each address, whatever is sent between them', () => {
    const { link, sent } = twoAddresses()
    for (let batch = 0; batch < 4; batch++) {
      link.send([DATAGRAM])
      link.send([Uint8Array.of(1, 2)])
    }
    const ofOne = sent.filter((_address, index) => index % 2 === 0)
    expect(ofOne).toEqual(['::1', '127.0.0.1', '::1', '127.0.0.1'])
  })

  it('goes on where the link before it stopped, if that reached nobody', () => {
    const turns = new AddressTurns()
    const [first, second] = [twoAddresses(turns), twoAddresses(turns)]
    first.link.send([DATAGRAM])
    second.link.send([DATAGRAM])
    expect([first.sent, second.sent]).toEqual([['::1'], ['127.0.0.1']])
  })

  it('begins with the address that carried the link before it', () => {
    const turns = new AddressTurns()
    const first = twoAddresses(turns)
    first.come(1)
    first.link.authenticated()
    const second = twoAddresses(turns)
    for (let batch = 0; batch < 3; batch++) second.link.send([DATAGRAM])
    expect(second.sent).toEqual(['127.0.0.1', '::1', '127.0.0.1'])
  })

  it('sends what must be whole to the address whose turn it is', () => {
    const { link, sent } = twoAddresses()
    link.send([DATAGRAM])
    expect(link.sendUnfragmented!([DATAGRAM])).toBe(true)
    expect(sent).toEqual(['::1', '127.0.0.1 whole'])
  })

  it('stays with the address that something authentic came from', () => {
    const { link, sent, come } = twoAddresses()
    link.send([DATAGRAM])
    come(1)
    link.authenticated()
    come(0) // forged, or late
    link.send([DATAGRAM])
    link.send([DATAGRAM])
    expect(sent).toEqual(['::1', '127.0.0.1', '127.0.0.1'])
  })

  it('is not led by what proves nothing', () => {
    const { link, sent, come } = twoAddresses()
    come(1)
    link.send([DATAGRAM])
    expect(sent).toEqual(['::1'])
  })

  it('hands over what comes from any of them as its own, and closes them all', async () => {
    const { link, received, closed, come } = twoAddresses()
    come(1)
    expect(received.arrivals[0]!.link).toBe(link)
    expect(link.remote).toBe('udp://host:1337')
    await link.close()
    expect(closed).toEqual(['::1', '127.0.0.1'])
  })
})
