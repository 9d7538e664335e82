import { expect, it } from 'vitest'
import { freePort } from '../../../lab/servers/server.js'
import { afterTest } from '../../support/after-test.js'
import { authority, carries, dial, listen, proxied, started } from '../../support/e2e/proxied-carriers.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { testParts } from '../../support/streams/stream-test-parts.js'
import { startCntlm } from '../servers/cntlm.js'
import { startDante, startMicrosocks } from '../servers/socks.js'
import { startSquid } from '../servers/squid.js'
import { startTinyproxy } from '../servers/tinyproxy.js'
import { type TurnRelay, turnRelay } from '../servers/turn-relay.js'

const USER = 'user'
const PASSWORD = 'p@ss:w"ord/1'
/** As it stands in a URL. */
const LOGIN = `${USER}:${encodeURIComponent(PASSWORD)}@`
/** Milliseconds of a path by satellite there and back, and of what connecting over it may take. */
const ROUND_TRIP = 900
const MOST_TO_CONNECT = 12_000

describeWhere(['program squid', 'program openssl'], 'squid with a login', () => {
  it('by Digest is reached with wss within 12 s if the path takes 900 ms, and by fewer turns again', async () => {
    const squid = await started(startSquid({ login: 'digest', user: USER, password: PASSWORD }))
    const relay = await before(squid.port)
    const { endpoint } = await listen('wss')
    const settings = proxied(`http://${LOGIN}127.0.0.1:${relay.port}`)
    const parts = testParts()
    const took = async () => {
      const { connections, turns } = relay
      await dial(endpoint, settings, undefined, parts)
      // A connection takes a round trip, and so does each time that one waits for the other.
      return (relay.connections - connections) * ROUND_TRIP + ((relay.turns - turns) * ROUND_TRIP) / 2
    }
    const first = await took()
    expect(relay.connections).toBe(1)
    expect(first).toBeLessThanOrEqual(MOST_TO_CONNECT)
    expect(await took()).toBeLessThan(first)
    expect(relay.sent.match(/nc=0000000\d/g)).toEqual(['nc=00000001', 'nc=00000002'])
  })

  it.each(['basic', 'digest'] as const)(
    'by %s is told a wrong password twice, however often it is dialled',
    async (login) => {
      const squid = await started(startSquid({ login, user: USER, password: PASSWORD }))
      const relay = await before(squid.port)
      const { endpoint } = await listen('tcp')
      const settings = proxied(`http://${USER}:wrong@127.0.0.1:${relay.port}`)
      const parts = testParts()
      for (let times = 0; times < 12; times++) {
        await expect(dial(endpoint, settings, undefined, parts)).rejects.toThrow(
          /rejected the user name and the password/,
        )
      }
      expect(relay.sent.match(/^Proxy-Authorization/gm)).toHaveLength(2)
      parts.proxyLogins.forgive()
      await dial(endpoint, settings, undefined, parts).catch(() => {})
      expect(relay.sent.match(/^Proxy-Authorization/gm)).toHaveLength(4)
      await carries(endpoint, proxied(`http://${LOGIN}127.0.0.1:${relay.port}`)) // another login is another matter
    },
  )
})

describeWhere(['program cntlm', 'program squid', 'program openssl'], 'cntlm', () => {
  it('logs in by NTLM for tcp and wss', async () => {
    const squid = await started(startSquid({ login: 'ntlm' }))
    const cntlm = await started(startCntlm(squid.port))
    for (const scheme of ['tcp', 'wss'] as const) {
      const { endpoint } = await listen(scheme)
      await carries(endpoint, proxied(`http://127.0.0.1:${cntlm.port}`))
    }
  })
})

describeWhere(
  ['program squid', 'program danted', 'program tinyproxy', 'program microsocks', 'program openssl'],
  'a chain of proxies',
  () => {
    it('of four kinds carries tcp and wss, each with its own login', async () => {
      const [https, dante, tinyproxy, microsocks] = await Promise.all([
        started(
          startSquid({
            login: 'digest',
            user: USER,
            password: PASSWORD,
            certificate: authority().issue('127.0.0.1'),
          }),
        ),
        started(startDante(await freePort())),
        started(startTinyproxy(USER, 'plain')),
        started(startMicrosocks(USER, PASSWORD)),
      ])
      const further = [
        `socks5://127.0.0.1:${dante.port}`,
        `http://${USER}:plain@127.0.0.1:${tinyproxy.port}`,
        `socks5://${LOGIN}127.0.0.1:${microsocks.port}`,
      ].map((text) => new URL(text))
      const settings = proxied(`https://${LOGIN}127.0.0.1:${https.port}`, { further, ca: authority().ca })
      for (const scheme of ['tcp', 'wss'] as const) {
        const { endpoint } = await listen(scheme)
        await carries(endpoint, settings)
      }
    })

    it('tells which of them refuses', async () => {
      const squid = await started(startSquid({ allowedPort: 1 }))
      const dante = await started(startDante(await freePort()))
      const chain = (...ports: string[]) => {
        const [nearest, ...further] = ports.map((port) => new URL(port))
        return proxied(nearest!.href, { further })
      }
      const { endpoint } = await listen('tcp')
      const [http, socks] = [`http://127.0.0.1:${squid.port}`, `socks5://127.0.0.1:${dante.port}`]
      const refused = `the proxy ${http} refused: 403 Forbidden`
      await expect(dial(endpoint, chain(http, socks))).rejects.toThrow(refused)
      await expect(dial(endpoint, chain(socks, http))).rejects.toThrow(refused)
      const closed = `http://127.0.0.1:${await freePort()}`
      await expect(dial(endpoint, chain(socks, closed))).rejects.toThrow(
        `the proxy ${socks} refused with code 5: connection refused`,
      )
      await expect(dial(endpoint, chain(closed, socks))).rejects.toThrow(
        `the proxy ${closed} cannot be used: connection refused`,
      )
    })
  },
)

/** A relay before a port of loopback, for the time of a test. */
async function before(port: number): Promise<TurnRelay> {
  const relay = await turnRelay(port)
  afterTest(() => relay.close())
  return relay
}
