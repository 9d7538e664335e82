import { expect, it } from 'vitest'
import { TestAuthority } from '../../lab/certificates.js'
import { describeWhere } from '../../test/support/e2e/requirements.js'
import plugin from './index.js'
import { cluster, end, handlers } from './nats-lab.js'

describeWhere(['program nats-server'], 'what the servers refuse', () => {
  it('says of each server why it is not the one', async () => {
    const { hosts } = await cluster(1, '--auth', 'right')
    const dialled = end([hosts[0]!, '127.0.0.1:1'], { token: 'wrong' }).dial(handlers({}))
    await expect(dialled).rejects.toMatchObject({
      name: 'TransportError',
      code: 'ERR_TRANSPORT_DIAL',
      message: expect.stringMatching(
        /: 127.0.0.1:\d+: Authorization Violation; .*127.0.0.1:1: connection refused$/,
      ),
    })
  })

  it('connects by the token, and shows it in no message', async () => {
    const { hosts } = await cluster(1, '--auth', 'a-token-that-is-right')
    const listener = await end(hosts, { token: 'a-token-that-is-right' }).listen(handlers({}))
    expect(listener.endpoint.port).toBe(hosts[0]!.split(':')[1])
    const refused = await end(hosts, { token: 'a-token-that-is-wrong' }).listen(handlers({})).catch(String)
    expect(refused).toContain('Cannot listen on')
    expect(refused).not.toContain('a-token')
  })
})

it.each([
  'nats://127.0.0.1/a..b',
  'nats://127.0.0.1/*',
  'nats://127.0.0.1/a%20b',
  `nats://127.0.0.1/${'a'.repeat(129)}`,
])('refuses the subject of %s', async (endpoint) => {
  expect(() => plugin.transports.nats.checkEndpoint(new URL(endpoint))).toThrow('the subject must be letters')
  await expect(end(['127.0.0.1:1']).dial(handlers({}), endpoint)).rejects.toThrow(
    'the subject must be letters, digits, dashes and dots, up to 128 of them',
  )
})

it('tries the servers of an endpoint that names its own', async () => {
  const dialled = end(['127.0.0.1:1', '127.0.0.1:2']).dial(
    handlers({}),
    'nats://127.0.0.1:3/x?servers=127.0.0.1:4',
  )
  await expect(dialled).rejects.toThrow(
    /127.0.0.1:3: connection refused; [^;]*127.0.0.1:4: connection refused$/,
  )
})

it('refuses a password in a URL, and does not show it', async () => {
  const refused = await end(['127.0.0.1:1']).dial(handlers({}), 'nats://me:hidden@127.0.0.1').catch(String)
  expect(refused).toContain('who this end is stands in the options, not in a URL')
  expect(refused).not.toContain('hidden')
})

describeWhere(['program nats-server'], 'servers with TLS', () => {
  it('are taken if their certificate is signed by the authority, for their address', async () => {
    const authority = new TestAuthority()
    const { certFile, keyFile } = authority.issue('127.0.0.1')
    const { hosts } = await cluster(1, '--tls', '--tlscert', certFile, '--tlskey', keyFile)
    await end(hosts, { ca: authority.caFile }).listen(handlers({}))
    await expect(end(hosts).dial(handlers({}))).rejects.toThrow(/: 127.0.0.1:\d+: unable to verify/)
  })

  it('are the only ones if that is wanted', async () => {
    const { hosts } = await cluster(1)
    await expect(end(hosts, { tls: true }).dial(handlers({}))).rejects.toThrow(
      "server does not support 'tls'",
    )
  })
})
