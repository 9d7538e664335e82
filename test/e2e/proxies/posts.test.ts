import { expect, it } from 'vitest'
import { afterTest } from '../../support/after-test.js'
import { carries, dial, listen, proxied, started } from '../../support/e2e/proxied-carriers.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { testParts } from '../../support/streams/stream-test-parts.js'
import { startSquid } from '../servers/squid.js'
import { startTinyproxy } from '../servers/tinyproxy.js'
import { turnRelay } from '../servers/turn-relay.js'

const USER = 'user'
const PASSWORD = 'p@ss:w"ord/1'
/** As it stands in a URL. */
const LOGIN = `${USER}:${encodeURIComponent(PASSWORD)}@`

describeWhere(['program squid', 'program openssl'], 'squid that forbids CONNECT', () => {
  it.each(['basic', 'digest'] as const)('is asked for posts itself, with a login by %s', async (login) => {
    const squid = await started(startSquid({ login, user: USER, password: PASSWORD, forbidsConnect: true }))
    const relay = await turnRelay(squid.port)
    afterTest(() => relay.close())
    const settings = proxied(`http://${LOGIN}127.0.0.1:${relay.port}`)
    const { endpoint } = await listen('http')
    await carries(endpoint, settings)
    expect(relay.sent).not.toContain('CONNECT')
    await expect(dial((await listen('ws')).endpoint, settings)).rejects.toThrow(/refused: 403 Forbidden/)
  })

  it('is told a wrong password twice', async () => {
    const squid = await started(
      startSquid({ login: 'digest', user: USER, password: PASSWORD, forbidsConnect: true }),
    )
    const relay = await turnRelay(squid.port)
    afterTest(() => relay.close())
    const { endpoint } = await listen('http')
    const settings = proxied(`http://${USER}:wrong@127.0.0.1:${relay.port}`)
    const parts = testParts()
    for (let times = 0; times < 4; times++) {
      await expect(dial(endpoint, settings, undefined, parts)).rejects.toThrow(
        /: the proxy http:\S+ rejected the user name and the password/,
      )
    }
    expect(relay.sent.match(/^Proxy-Authorization/gm)).toHaveLength(2)
  })
})

describeWhere(['program squid', 'program openssl'], 'squid that allows CONNECT alone', () => {
  it('connects for https, and is told to refuse posts for http', async () => {
    const squid = await started(startSquid())
    const settings = proxied(`http://127.0.0.1:${squid.port}`)
    await carries((await listen('https')).endpoint, settings)
    await expect(dial((await listen('http')).endpoint, settings)).rejects.toThrow(
      new RegExp(
        `: the proxy ${settings.proxy?.url}?, or the server behind it, answered a post by 403 Forbidden$`,
      ),
    )
  })
})

describeWhere(['program tinyproxy', 'program openssl'], 'tinyproxy that connects to one port alone', () => {
  it('is asked for posts itself', async () => {
    const tinyproxy = await started(startTinyproxy(USER, 'plain', { connectPort: 1 }))
    const settings = proxied(`http://${USER}:plain@127.0.0.1:${tinyproxy.port}`)
    await carries((await listen('http')).endpoint, settings)
    await expect(dial((await listen('ws')).endpoint, settings)).rejects.toThrow(/refused: 403/)
  })
})
