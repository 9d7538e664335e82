import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { afterClientHello } from '../../../src/transports/websocket/client-hello.js'
import { afterTest } from '../../support/after-test.js'
import { eventually, turns } from '../../support/eventually.js'

/** A record of a handshake of 300 bytes, and a byte of the next one. */
const HELLO = Buffer.from([22, 3, 1, 1, 44, ...new Array(300).fill(7)])
describe('afterClientHello', () => {
  it('waits for the last byte of the record, however it is cut, and puts all of it back', async () => {
    const { client, server } = await connected()
    let whole = false
    afterClientHello(server, () => {
      whole = true
    })
    for (const byte of HELLO.subarray(0, -1)) client.write(Uint8Array.of(byte))
    await eventually('all is sent', () => client.bytesWritten, HELLO.length - 1)
    await turns()
    expect(whole).toBe(false)
    client.write(Buffer.concat([HELLO.subarray(-1), Buffer.of(22)]))
    await eventually('it is whole', () => whole)
    expect(server.read()).toEqual(Buffer.concat([HELLO, Buffer.of(22)]))
  })

  it('waits for nothing where what comes is no handshake', async () => {
    const { client, server } = await connected()
    client.write('G')
    await new Promise<void>((resolve) => afterClientHello(server, resolve))
    expect(server.read().toString()).toBe('G')
  })

  it('waits for no record that is longer than any', async () => {
    const { client, server } = await connected()
    client.write(Uint8Array.of(22, 3, 1, 0xff, 0xff))
    await new Promise<void>((resolve) => afterClientHello(server, resolve))
  })

  it('lets a connection end that says no more', async () => {
    const { client, server } = await connected()
    afterClientHello(server, () => expect.unreachable())
    client.end(HELLO.subarray(0, 100))
    await once(server, 'close')
  })
})

async function connected() {
  const listener = net.createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const connection = once(listener, 'connection')
  const client = net.connect((listener.address() as net.AddressInfo).port, '127.0.0.1')
  const [server] = (await connection) as [net.Socket]
  listener.close()
  client.setNoDelay(true)
  for (const socket of [client, server]) afterTest(() => socket.destroy())
  return { client, server }
}
