import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, type Server } from '../../../lab/servers/server.js'
import { authority, carries, dial, listen, proxied, started } from '../../support/e2e/proxied-carriers.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { startNginx } from '../servers/nginx.js'
import { startDante, startMicrosocks } from '../servers/socks.js'
import { startSquid } from '../servers/squid.js'
import { startTinyproxy } from '../servers/tinyproxy.js'

const USER = 'user'
const PASSWORD = 'p@ss:w"ord/1'
/** As it stands in a URL. */
const LOGIN = `${USER}:${encodeURIComponent(PASSWORD)}@`
const WRONG_LOGIN = `${USER}:wrong@`

describeWhere(['program squid', 'program openssl'], 'squid', () => {
  for (const login of ['basic', 'digest'] as const) {
    describe(`with ${login} logins`, () => {
      let squid: Server
      beforeAll(async () => {
        squid = await startSquid({ login, user: USER, password: PASSWORD })
      })
      afterAll(() => squid.stop())

      for (const scheme of ['tcp', 'ws', 'wss'] as const) {
        it(`carries ${scheme}`, async () => {
          const { endpoint } = await listen(scheme)
          await carries(endpoint, proxied(`http://${LOGIN}127.0.0.1:${squid.port}`))
        })
      }

      it('refuses a wrong password, and none', async () => {
        const { endpoint } = await listen('tcp')
        const name = `^Cannot dial tcp://\\S+ the proxy http://127\\.0\\.0\\.1:${squid.port}`
        await expect(dial(endpoint, proxied(`http://${WRONG_LOGIN}127.0.0.1:${squid.port}`))).rejects.toThrow(
          new RegExp(`${name} rejected the user name and the password$`),
        )
        await expect(dial(endpoint, proxied(`http://127.0.0.1:${squid.port}`))).rejects.toThrow(
          new RegExp(`${name} requires a user name and a password`),
        )
      })
    })
  }

  it('tells in its own words what it forbids and what it cannot reach', async () => {
    const closed = await freePort()
    const squid = await started(startSquid({ allowedPort: closed }))
    const settings = proxied(`http://127.0.0.1:${squid.port}`)
    await expect(dial(new URL('tcp://127.0.0.1:9'), settings)).rejects.toThrow(
      /refused: 403 Forbidden \(ERR_ACCESS_DENIED 0\)$/,
    )
    await expect(dial(new URL(`tcp://127.0.0.1:${closed}`), settings)).rejects.toThrow(
      /refused: 503 Service Unavailable \(ERR_CONNECT_FAIL 111\)$/,
    )
  })

  it('wants NTLM, and is named with a egress', async () => {
    const squid = await started(startSquid({ login: 'ntlm' }))
    await expect(
      dial(new URL('tcp://127.0.0.1:9'), proxied(`http://${LOGIN}127.0.0.1:${squid.port}`)),
    ).rejects.toThrow(/wants a login by ntlm, which Qanat does not support: run cntlm or px/)
  })

  it('is spoken to by TLS, and its certificate is checked', async () => {
    const certificate = authority().issue('127.0.0.1')
    const squid = await started(startSquid({ login: 'basic', user: USER, password: PASSWORD, certificate }))
    const url = new URL(`https://${LOGIN}127.0.0.1:${squid.port}`)
    for (const scheme of ['tcp', 'wss'] as const) {
      const { endpoint } = await listen(scheme)
      await carries(endpoint, { ...proxied(url.href), proxy: { url, ca: authority().ca } })
    }
    await expect(dial(new URL('tcp://127.0.0.1:9'), { localPort: 0, proxy: { url } })).rejects.toThrow(
      /cannot be used by TLS: its certificate is signed by '.+', which is not trusted here$/,
    )
  })

  it('is taken from the environment, but for hosts that are exempt', async () => {
    const squid = await started(startSquid({ allowedPort: 1 }))
    const { endpoint } = await listen('tcp')
    const HTTPS_PROXY = `127.0.0.1:${squid.port}`
    await expect(dial(endpoint, { localPort: 0, proxy: { environment: { HTTPS_PROXY } } })).rejects.toThrow(
      /403/,
    )
    await carries(endpoint, {
      localPort: 0,
      proxy: { environment: { HTTPS_PROXY, NO_PROXY: '127.0.0.0/8' } },
    })
  })
})

describeWhere(['program tinyproxy', 'program openssl'], 'tinyproxy', () => {
  it('carries tcp and wss', async () => {
    const tinyproxy = await started(startTinyproxy(USER, 'plain'))
    for (const scheme of ['tcp', 'wss'] as const) {
      const { endpoint } = await listen(scheme)
      await carries(endpoint, proxied(`http://${USER}:plain@127.0.0.1:${tinyproxy.port}`))
    }
    const error = await dial(
      new URL('tcp://127.0.0.1:9'),
      proxied(`http://${WRONG_LOGIN}127.0.0.1:${tinyproxy.port}`),
    ).catch(String)
    expect(error).toMatch(/rejected the user name and the password$/) // it answers 401
    expect(error).not.toMatch(/wrong/)
  })
})

describeWhere(['program microsocks', 'program openssl'], 'microsocks', () => {
  it('carries tcp and wss with a password, and resolves names itself', async () => {
    const microsocks = await started(startMicrosocks(USER, PASSWORD))
    for (const scheme of ['tcp', 'wss'] as const) {
      const { endpoint } = await listen(scheme)
      await carries(endpoint, proxied(`socks5://${LOGIN}127.0.0.1:${microsocks.port}`))
    }
    const { endpoint } = await listen('tcp')
    endpoint.hostname = 'localhost'
    await carries(endpoint, proxied(`socks5h://${LOGIN}127.0.0.1:${microsocks.port}`))
  })

  it('refuses a wrong password, and tells what it cannot reach', async () => {
    const microsocks = await started(startMicrosocks(USER, PASSWORD))
    const closed = new URL(`tcp://127.0.0.1:${await freePort()}`)
    await expect(
      dial(closed, proxied(`socks5://${WRONG_LOGIN}127.0.0.1:${microsocks.port}`)),
    ).rejects.toThrow(/rejected the user name and the password$/)
    await expect(dial(closed, proxied(`socks5://${LOGIN}127.0.0.1:${microsocks.port}`))).rejects.toThrow(
      /refused with code 5: connection refused$/,
    )
  })
})

describeWhere(['program danted', 'program openssl'], 'dante', () => {
  it('carries tcp and wss without a password, and tells what its rules forbid', async () => {
    const blocked = await freePort()
    const dante = await started(startDante(blocked))
    const settings = proxied(`socks5://127.0.0.1:${dante.port}`)
    for (const scheme of ['tcp', 'wss'] as const) {
      const { endpoint } = await listen(scheme)
      await carries(endpoint, settings)
    }
    await expect(dial(new URL(`tcp://127.0.0.1:${blocked}`), settings)).rejects.toThrow(
      /refused with code 2: not allowed by its rules$/,
    )
  })
})

describeWhere(['program nginx', 'program squid', 'program openssl'], 'nginx', () => {
  it('stands before the server with TLS, and names the source; also through squid', async () => {
    const server = await listen('ws', { localPort: 0, websocket: { trustedProxies: ['127.0.0.1'] } })
    const nginx = await started(
      startNginx(authority().issue('127.0.0.1'), '/tunnel', Number(server.endpoint.port)),
    )
    const squid = await started(startSquid({ login: 'digest', user: USER, password: PASSWORD }))
    const outside = new URL(`wss://127.0.0.1:${nginx.port}/tunnel`)
    const headers = { 'X-Forwarded-For': '198.51.100.7' }
    const settings = { localPort: 0, tls: { ca: authority().ca }, websocket: { headers } }
    await carries(outside, settings, server.received)
    expect([...server.received.arrivals[0]!.link.source]).toEqual([198, 51, 100, 7])
    const proxy = { url: new URL(`http://${LOGIN}127.0.0.1:${squid.port}`) }
    await carries(outside, { ...settings, proxy }, server.received)
    const elsewhere = new URL(`wss://127.0.0.1:${nginx.port}/tunnel/other`)
    await expect(dial(elsewhere, settings)).rejects.toThrow(/: the server answered 404 Not Found$/)
  })
})
