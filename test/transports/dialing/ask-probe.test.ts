import { expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { parseProbe } from '../../../src/core/portal/probe-url.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { askProbe, PROBE_LIMIT } from '../../../src/transports/dialing/ask-probe.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { type HandMadeServer, handMadeServer } from '../../support/hand-made-server.js'

const never = new AbortController().signal
const page = (text: string) => `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n${text}`
const plain = (text: string) => `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n${text}`
const to = (location: string) => `HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`

it.each([
  ['', 'HTTP/1.1 204 No Content\r\n\r\n', 'passes'],
  ['', plain('success\n'), 'passes'],
  ['', page('<p>Log in</p>'), 'portal-page'],
  ['', to('http://portal.example/'), 'portal-redirect'],
  ['', to('javascript:alert(1)'), 'portal-redirect'],
  ['', 'HTTP/1.1 511 Log in\r\n\r\n', 'portal-status'],
  ['', 'HTTP/1.1 404 Not Found\r\n\r\n', undefined],
  ['', to('/elsewhere'), undefined],
  ['#success', plain('success\n'), 'passes'],
  ['#%3Cp%3Esuccess%3C%2Fp%3E', page('<p>success</p>'), 'passes'],
  ['#success', plain('no success'), 'portal-probe'],
  ['#success', page('success?'), 'portal-page'],
  ['#success', 'HTTP/1.1 204 No Content\r\n\r\n', undefined],
  ['', '', undefined],
  ['', 'garbage\r\n\r\n', undefined],
  ['', 'HTTP/1.1 101 Ok\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', undefined],
] as const)('asked with %j, and answered %j, it tells %s', async (expected, answer, told) => {
  const server = await answering(answer)
  const said = await ask(server, expected)
  expect(typeof said === 'object' ? said.code : said).toBe(told)
  expect(server.received).toEqual([
    expect.stringMatching(/^GET \/p\?q=1 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/),
  ])
  await eventually('the connection is gone', () => server.sockets[0]!.closed)
})

it('reads no more than a bound of a body, of headers and of interim answers that never end', async () => {
  const endless: [begin: string, more: string, told: string | undefined][] = [
    [plain(''), 'a'.repeat(1_000), 'passes'],
    ['HTTP/1.1 200 OK\r\n', `X: ${'a'.repeat(1_000)}\r\n`, undefined],
    ['', 'HTTP/1.1 100 Continue\r\n\r\n', undefined],
  ]
  for (const [begin, more, told] of endless) {
    let sent = 0
    const server = await handMadeServer((socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return
      socket.write(begin)
      const goOn = () => {
        if (socket.destroyed || ++sent > 1_000) return
        socket.write(more)
        setImmediate(goOn)
      }
      goOn()
    })
    afterTest(() => server.close())
    expect(await ask(server, '')).toBe(told)
    await eventually('the connection is gone', () => server.sockets[0]!.closed)
    expect(sent).toBeLessThan(1_000)
  }
})

it('gives up after 5 s, and when it is called off', async () => {
  const clock = new VirtualClock()
  const silent = await answering(undefined)
  const late = ask(silent, '', { clock })
  await eventually('it is asked', () => silent.received[0]?.includes('GET'))
  clock.advance(PROBE_LIMIT)
  expect(await late).toBeUndefined()
  expect(clock.pending).toBe(0)
  await eventually('the connection is gone', () => silent.sockets[0]!.closed)
  const controller = new AbortController()
  const calledOff = ask(silent, '', { signal: controller.signal })
  await eventually('it is asked', () => silent.received[1]?.includes('GET'))
  controller.abort()
  expect(await calledOff).toBeUndefined()
})

function ask(
  { port }: HandMadeServer,
  expected: string,
  { clock = systemClock as VirtualClock | typeof systemClock, signal = never } = {},
) {
  return askProbe(
    parseProbe(`http://127.0.0.1:${port}/p?q=1${expected}`)!,
    { clock, egress: plainEgress },
    signal,
  )
}

async function answering(answer: string | undefined): Promise<HandMadeServer> {
  const server = await handMadeServer((socket, received) => {
    if (received.endsWith('\r\n\r\n') && answer !== undefined) socket.end(answer)
  })
  afterTest(() => server.close())
  return server
}
