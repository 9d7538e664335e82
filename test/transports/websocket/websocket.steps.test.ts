import net from 'node:net'
import { expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { AttemptSteps, type StepOver } from '../../../src/core/connector/attempt-steps.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { answering, OK, SECRET } from '../../support/streams/answering-proxy.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const REFUSAL =
  'HTTP/1.1 407 Who are you?\r\nProxy-Authenticate: Basic realm="it"\r\nContent-Length: 0\r\n\r\n'

/** A proxy that connects to a port of loopback whoever gives a password. */
async function askingProxy(): Promise<number> {
  const { proxy } = await answering((request, _number, socket) => {
    if (!request.includes('Proxy-Authorization: ')) return REFUSAL
    const far = net.connect(Number(/^CONNECT \S+:(\d+) /.exec(request)![1]), '127.0.0.1')
    far.on('error', () => socket.destroy()).on('close', () => socket.destroy())
    socket.on('close', () => far.destroy())
    socket.write(OK)
    socket.pipe(far).pipe(socket)
    return undefined
  })
  return proxy.port
}

it('tells each step of a dial by wss through a proxy that asks for a password, and no secret', async () => {
  const authority = new TestAuthority()
  const { cert, key } = authority.issue('127.0.0.1')
  const port = await askingProxy()
  const far = new WebSocketTransport({ localPort: 0, tls: { cert, key } }, testParts())
  const listener = await far.listen(new URL('wss://127.0.0.1:0/door'), new Recorder())
  afterTest(() => listener.close())
  const proxy = { url: new URL(`http://user:${SECRET}@127.0.0.1:${port}`) }
  const near = new WebSocketTransport({ localPort: 0, proxy, tls: { ca: authority.ca } }, testParts())
  const endpoint = new URL(`wss://127.0.0.1:${listener.endpoint.port}/door?token=${SECRET}`)

  const told: StepOver[] = []
  const steps = new AttemptSteps({
    ...{ endpoint, clock: systemClock, run: (work: () => void) => work(), unnamed: 10_000 },
    ...{ unproven: 'handshake-silent', begun() {}, late() {} },
    over: (step) => void told.push(step),
  })
  const link = await near.dial(endpoint, new Recorder(), steps)
  steps.end()
  await link.close()

  const lines = told.map(({ name, facts }) => `${name} ${JSON.stringify(facts)}`)
  const shown = lines.map((line) => line.replaceAll(String(port), 'PORT'))
  const asked = '"proxy":"http://127.0.0.1:PORT","question":"CONNECT"'
  const askedAgain = asked.replace('"CONNECT"', '"CONNECT with the login"')
  const suite = told.find(({ name }) => name === 'tls')?.facts.suite
  expect(suite).toMatch(/^TLS_/)
  expect(shown).toEqual([
    'name {"addresses":["127.0.0.1"],"from":"the endpoint"}',
    'connect {"remote":"127.0.0.1:PORT"}',
    `proxy {${asked},"answer":"407 Who are you?"}`,
    `proxy {${askedAgain},"answer":"200 Connection established"}`,
    expect.stringMatching(
      `^tls {"version":"TLSv1.3","suite":"${suite}","alpn":"http/1.1","name":"'CN=leaf1'","signedBy":"'CN=Qanat test'"}$`,
    ),
    'upgrade {"answer":"101 Switching Protocols"}',
  ])
  expect(told.every(({ error, ms }) => error === undefined && Number.isInteger(ms) && ms >= 0)).toBe(true)
  expect(JSON.stringify(told)).not.toContain(SECRET)
})
