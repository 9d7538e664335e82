import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Clock } from '../../../src/core/time/clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { Dialer } from '../../../src/transports/dialing/dialer.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import { PacFiles } from '../../../src/transports/pac/pac-files.js'
import { ProxyLogins } from '../../../src/transports/proxy/proxy-logins.js'
import { afterTest } from '../../support/after-test.js'
import { eventually, turns } from '../../support/eventually.js'
import { handMadeServer } from '../../support/hand-made-server.js'
import { limitedWait } from '../../support/streams/dial-wait.js'

const SECRET = 'canary-password'
/** Version 5, succeeded, and the address 0.0.0.0:0. */
const GRANTED = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]
const NAME = 'vpn.invalid'
/** Version 1, and user and pass after their lengths. */
const LOGIN_BYTES = 11
/** What connects to vpn.invalid:1337. */
const CONNECT = [5, 1, 0, 3, NAME.length, ...Buffer.from(NAME), 1337 >> 8, 1337 & 0xff]

describe('a SOCKS5 proxy', () => {
  it('resolves the name itself', async () => {
    const { proxy, open } = await answering([[5, 0], GRANTED])
    const socket = await open()
    expect([...Buffer.from(proxy.received[0]!, 'latin1')]).toEqual([5, 1, 0, ...CONNECT])
    socket.write('hello')
    await eventually(
      'the bytes arrive',
      () => proxy.received[0]!,
      (text) => text.endsWith('hello'),
    )
  })

  it('is given an address as such', async () => {
    const { proxy, open } = await answering([[5, 0], GRANTED])
    await open('tcp://192.0.2.1:258')
    expect([...Buffer.from(proxy.received[0]!, 'latin1')].slice(3)).toEqual([5, 1, 0, 1, 192, 0, 2, 1, 1, 2])
    const other = await answering([[5, 0], GRANTED])
    await other.open('tcp://[2001:db8::1]:258')
    const asked = [...Buffer.from(other.proxy.received[0]!, 'latin1')].slice(3)
    expect(asked).toEqual([5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 1, 1, 2])
  })

  it('gets the password where it asks for one', async () => {
    const { proxy, open } = await answering([[5, 2], [1, 0], GRANTED], { login: `me:${SECRET}@` })
    await open()
    const login = [1, 2, ...Buffer.from('me'), SECRET.length, ...Buffer.from(SECRET)]
    expect([...Buffer.from(proxy.received[0]!, 'latin1')]).toEqual([5, 2, 0, 2, ...login, ...CONNECT])
  })

  it('may answer byte by byte, and have the first bytes of the stream behind its answer', async () => {
    const { open, proxy } = await answering([])
    const opening = open()
    const answers = [5, 0, 5, 0, 0, 3, 2, 97, 98, 1, 2, 0, 1, 120]
    await eventually('it is greeted', () => proxy.received[0]?.length, 3)
    for (const byte of answers) {
      proxy.sockets[0]!.write(Uint8Array.of(byte))
      await turns(3)
    }
    const socket = await opening
    const bytes: number[] = []
    socket.on('data', (chunk) => bytes.push(...chunk))
    await eventually('the first bytes are read', () => bytes.length, 3)
    expect(bytes).toEqual([0, 1, 120])
  })

  it('is told with its code when it refuses', async () => {
    for (const [code, meaning] of [
      [2, 'not allowed by its rules'],
      [5, 'connection refused'],
      [77, 'unknown'],
    ]) {
      const { open } = await answering([
        [5, 0],
        [5, code as number, 0, 1, 0, 0, 0, 0, 0, 0],
      ])
      await expect(open()).rejects.toThrow(new RegExp(`refused with code ${code}: ${meaning}$`))
    }
  })

  it('is told what it wants or refuses of a login', async () => {
    const open = async (answers: number[][], login = '') => (await answering(answers, { login })).open()
    await expect(open([[5, 255]])).rejects.toThrow(
      /requires a user name and a password, or another login method$/,
    )
    await expect(open([[5, 255]], 'me:pw@')).rejects.toThrow(/does not take a user name and a password$/)
    await expect(
      open(
        [
          [5, 2],
          [1, 1],
          [5, 2],
          [1, 1],
        ],
        'me:pw@',
      ),
    ).rejects.toThrow(/rejected the user name and the password$/)
    await expect(open([[5, 1]], 'me:pw@')).rejects.toThrow(/chose login method 1, which was not offered$/)
  })

  it('may not answer with garbage, or with half an answer', async () => {
    const open = async (answers: number[][]) => (await answering(answers)).open()
    await expect(open([[72, 84]])).rejects.toThrow(
      /answered the greeting of SOCKS5 by something that is not SOCKS5$/,
    )
    await expect(
      open([
        [5, 0],
        [5, 0, 0, 9, 0],
      ]),
    ).rejects.toThrow(/answered CONNECT by something that is not SOCKS5$/)
    const asksLogin = await answering(
      [
        [5, 2],
        [72, 84],
      ],
      { login: `me:${SECRET}@` },
    )
    await expect(asksLogin.open()).rejects.toThrow(/answered the login by something that is not SOCKS5$/)
    for (const half of [
      [5, 0, 0],
      [5, 0, 0, 1, 127], // as many as are read first
    ]) {
      const { open: openAndEnd, proxy } = await answering([[5, 0]])
      const opening = openAndEnd()
      await eventually('it is asked', () => proxy.received[0]?.length, 3 + CONNECT.length)
      proxy.sockets[0]!.end(Uint8Array.from(half))
      await expect(opening).rejects.toThrow(/closed the connection in the middle of its answer to CONNECT$/)
    }
  })

  it('is told to be slow if it stops within its answer', async () => {
    const clock = new VirtualClock()
    const { open, proxy } = await answering([[5, 0], GRANTED.slice(0, 5)], { clock })
    const opening = open()
    await eventually('it is asked', () => proxy.received[0]?.length, 3 + CONNECT.length)
    await turns(20)
    clock.advance(10_000)
    await expect(opening).rejects.toThrow(/began to answer CONNECT and did not finish in 10 s$/)
  })

  it.each([
    ['the greeting of SOCKS5', [], 4],
    ['the login', [[5, 2]], 4 + LOGIN_BYTES],
    [
      'CONNECT',
      [
        [5, 2],
        [1, 0],
      ],
      4 + LOGIN_BYTES + CONNECT.length,
    ],
  ])('may not keep anybody waiting for more than 10 s for an answer to %s', async (what, answers, asked) => {
    const clock = new VirtualClock()
    const { open, proxy } = await answering(answers, { clock, login: 'user:pass@' })
    const opening = open()
    await eventually('it is asked', () => proxy.received[0]?.length, asked)
    clock.advance(10_000)
    await expect(opening).rejects.toThrow(
      `: the proxy socks5://127.0.0.1:${proxy.port} accepted the connection and did not answer ${what} in 10 s`,
    )
    await eventually('the connection is gone', () => proxy.sockets[0]!.closed)
    expect(clock.pending).toBe(0)
  })

  it('is not asked for what SOCKS5 cannot say', async () => {
    const { open } = await answering([[5, 2]], { login: `${'u'.repeat(256)}:${SECRET}@` })
    const error = await open().catch(String)
    expect(error).toMatch(/SOCKS5 takes a user of 1 to 255 bytes, and it has 256$/)
    expect(error).not.toContain(SECRET)
  })
})

/** A proxy that gives one answer to each thing that it is sent. */
async function answering(
  answers: readonly (readonly number[])[],
  { login = '', clock = systemClock }: { login?: string; clock?: Clock } = {},
) {
  const left = [...answers]
  const proxy = await handMadeServer((socket, received) => {
    const answer = received === '' ? undefined : left.shift()
    if (answer) socket.write(Uint8Array.from(answer))
  })
  afterTest(() => proxy.close())
  const url = new URL(`socks5://${login}127.0.0.1:${proxy.port}`)
  const opener = new Dialer(
    { localPort: 0, proxy: { url } },
    {
      clock,
      tune() {},
      egress: plainEgress,
      proxyLogins: new ProxyLogins(clock),
      pacFiles: new PacFiles(clock),
      native: undefined,
    },
  )
  const open = async (endpoint = `tcp://${NAME}:1337`) => {
    const wait = limitedWait(clock, endpoint)
    const socket = await opener.open(new URL(endpoint), wait).finally(() => wait.end())
    afterTest(() => socket.destroy())
    return socket
  }
  return { proxy, open }
}
