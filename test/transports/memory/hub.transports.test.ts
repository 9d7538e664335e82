import { testTransport, VirtualClock } from '../../../src/conformance/index.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../../src/transports/memory/hub.js'
import { MemoryStreamTransport, type StreamPort } from '../../../src/transports/memory/stream.js'

const endpoint = new URL('memory://far')

testTransport({
  name: 'memory, as datagrams',
  stream: false,
  setup() {
    const clock = new VirtualClock()
    const hub = new MemoryHub<DatagramPort>({ clock })
    return { end: () => new MemoryDatagramTransport(hub), endpoint, settle: () => clock.advance(1) }
  },
})

testTransport({
  name: 'memory, as streams',
  stream: true,
  setup() {
    const clock = new VirtualClock()
    const hub = new MemoryHub<StreamPort>({ clock, faults: { delay: 5 } })
    return { end: () => new MemoryStreamTransport(hub), endpoint, settle: () => clock.advance(1) }
  },
})
