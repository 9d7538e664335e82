import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import { kinds, pair } from '../support/ciphers/tunnels.js'
import { Carrier } from '../support/netsim/carrier.js'
import { pass } from '../support/netsim/pass.js'
import { Side } from '../support/netsim/side.js'

const packet = new Uint8Array(40)
packet[0] = 0x45
packet[3] = packet.length

describe.each(kinds)('an attempt of %s to reach a peer', (kind) => {
  it('is not proven by what the peer sends by a link of its own, which is used meanwhile', async () => {
    const { clientId, serverId, newClientCipher, newServerCipher } = pair(kind)
    const clock = new VirtualClock()
    const carriers = { udp: new Carrier(clock, false), udp2: new Carrier(clock, false) }
    const [near, far] = [
      new Side({
        ...{ clock, carriers, endpoints: ['udp://far'] },
        sealed: { cipher: newClientCipher(), far: serverId },
      }),
      new Side({
        ...{ clock, carriers, endpoints: ['udp2://near'] },
        sealed: { cipher: newServerCipher(), far: clientId },
      }),
    ]
    await Promise.all([near.listen('udp2://near'), far.listen('udp://far')])
    carriers.udp.cut()
    let got = 0
    far.tun.host = (packets) => {
      got += packets.length
    }
    const started = [near, far].map((side) => side.connector!.start())
    for (let turn = 0; turn < 50; turn++) {
      near.tun.inject(packet)
      far.tun.inject(packet)
      await pass(clock, 100)
    }
    expect(near.log.filter((line) => line.startsWith('peer is reached'))).toEqual([])
    expect(near.log).toContainEqual(expect.stringMatching(/no answer|does not answer/))
    expect(far.log).toContainEqual(expect.stringMatching(/^peer is reached endpoint=udp2:\/\/near/))
    expect(got).toBeGreaterThan(40)
    await Promise.all([near.stop(), far.stop(), ...started])
  })
})
