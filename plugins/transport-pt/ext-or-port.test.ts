import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { ExtOrPort } from './ext-or-port.js'
import { readBytes } from './read-bytes.js'

const NONCE = Buffer.alloc(32, 7)
const DONE = Buffer.of(0, 0, 0, 0)

it.each(['192.0.2.7:4711', '[2001:db8::7]:4711'])(
  'knows where a client is, and leaves what it sends: %s',
  async (text) => {
    const { far, greeted, cookie } = await greeting()
    await prove(far, cookie)
    far.write(Buffer.concat([command(1, text), command(2, 'obfs4'), DONE, Buffer.from('datagrams')]))
    const { client, rest } = await greeted
    expect(client).toEqual({ host: text.replace(/^\[|\]?:4711$/g, ''), port: 4711 })
    expect(await readBytes(far, 4)).toEqual(Buffer.of(0x10, 0, 0, 0))
    expect((await readBytes(rest, 9)).toString()).toBe('datagrams')
  },
)

it('refuses who does not know the cookie', async () => {
  const { far, greeted } = await greeting()
  const refused = expect(greeted).rejects.toThrow('does not know the cookie')
  await prove(far, Buffer.alloc(32)).catch(() => {})
  await refused
})

it.each([
  ['another type of authentication', Buffer.of(2)],
  ['nothing', Buffer.of()],
])('refuses %s', async (_, bytes) => {
  const { far, greeted } = await greeting()
  const refused = expect(greeted).rejects.toThrow(/was not offered|ended/)
  far.end(bytes)
  await refused
})

it('refuses commands that are too long, or never end, and passes over an address that is none', async () => {
  const long = await greeting()
  await prove(long.far, long.cookie)
  const tooLong = expect(long.greeted).rejects.toThrow('65535 bytes')
  long.far.write(Buffer.of(0, 1, 0xff, 0xff))
  await tooLong
  const endless = await greeting()
  await prove(endless.far, endless.cookie)
  const never = expect(endless.greeted).rejects.toThrow('do not end')
  endless.far.write(Buffer.concat(Array.from({ length: 16 }, () => command(2, 'obfs4'))))
  await never
  const odd = await greeting()
  await prove(odd.far, odd.cookie)
  odd.far.write(Buffer.concat([command(1, 'nowhere'), DONE]))
  expect((await odd.greeted).client).toBeUndefined()
})

/** Proves to know a cookie. Rejects if the other end does not, or says no. */
async function prove(far: net.Socket, cookie: Buffer): Promise<void> {
  expect(await readBytes(far, 2)).toEqual(Buffer.of(1, 0))
  far.write(Buffer.concat([Buffer.of(1), NONCE]))
  const hash = await readBytes(far, 32)
  const nonce = await readBytes(far, 32)
  const hashed = (way: string) =>
    createHmac('sha256', cookie)
      .update(`ExtORPort authentication ${way} hash`)
      .update(NONCE)
      .update(nonce)
      .digest()
  far.write(hashed('client-to-server'))
  expect(await readBytes(far, 1)).toEqual(Buffer.of(1))
  expect(hash).toEqual(hashed('server-to-client'))
}

function command(number: number, body: string): Buffer {
  return Buffer.concat([Buffer.of(0, number, 0, body.length), Buffer.from(body)])
}

/** A connection that is greeted, and its far end. */
async function greeting() {
  const port = new ExtOrPort()
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const far = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  far.on('error', () => {})
  const [rest] = (await once(server, 'connection')) as [net.Socket]
  onTestFinished(() => {
    for (const one of [far, rest]) one.destroy()
    server.close()
  })
  const greeted = port.greet(rest).then((client) => ({ client, rest }))
  return { far, greeted, cookie: Buffer.from(port.cookieFile.subarray(32)) }
}
