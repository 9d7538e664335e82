import { expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { AttemptSteps, type StepOver } from '../../../src/core/connector/attempt-steps.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { listen, proxied, started } from '../../support/e2e/proxied-carriers.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { testParts } from '../../support/streams/stream-test-parts.js'
import { startSquid } from '../servers/squid.js'

/** Milliseconds until the far end has proven itself, of which this one never hears. */
const PROOF = 60_000

describeWhere(['program squid', 'program openssl'], 'the debug lines of a dial', () => {
  it('tell each step through squid with what became of it, and no password', async () => {
    const squid = await started(startSquid({ login: 'basic', user: 'user', password: 'secret' }))
    const { endpoint } = await listen('wss')
    const lines: string[] = []
    const steps = new AttemptSteps({
      ...{ endpoint, clock: systemClock, run: (work) => work() },
      ...{ unnamed: PROOF, unproven: 'handshake-unanswered' },
      begun: ({ name }) => lines.push(`waiting for ${name}`),
      over: ({ error, facts, ms, name }: StepOver) => {
        expect(ms).toBeGreaterThanOrEqual(0)
        lines.push(`${name} ${error?.message ?? 'done'} ${JSON.stringify(facts)}`)
      },
      late: (error) => steps.abort(error),
    })
    afterTest(() => steps.end())
    const settings = proxied(`http://user:secret@127.0.0.1:${squid.port}`)
    const link = await new WebSocketTransport(settings, testParts()).dial(endpoint, new Recorder(), steps)
    afterTest(() => link.close())
    steps.prove(PROOF, link)
    const text = lines.join('\n')
    expect(text).not.toContain('secret')
    const common = text
      .replaceAll(`:${squid.port}`, ':SQUID')
      .replace(/leaf\d+/, 'leaf')
      .replace(/TLS_[A-Z]\w+/, 'SUITE')
    expect(common).toMatchInlineSnapshot(`
      "waiting for dial
      waiting for name
      name done {"addresses":["127.0.0.1"],"from":"the endpoint"}
      waiting for connect
      connect done {"remote":"127.0.0.1:SQUID"}
      waiting for proxy
      proxy done {"proxy":"http://127.0.0.1:SQUID","question":"CONNECT","answer":"407 Proxy Authentication Required (ERR_CACHE_ACCESS_DENIED 0)"}
      waiting for proxy
      proxy done {"proxy":"http://127.0.0.1:SQUID","question":"CONNECT with the login","answer":"200 Connection established"}
      waiting for tls
      tls done {"version":"TLSv1.3","suite":"SUITE","alpn":"http/1.1","name":"'CN=leaf'","signedBy":"'CN=Qanat test'"}
      waiting for upgrade
      upgrade done {"answer":"101 Switching Protocols"}
      waiting for handshake"
    `)
  })
})
