import { beforeEach, expect, it, vi } from 'vitest'
import { openLogin } from '../../../src/cli/login/open-login.js'
import { LoginNamespace } from '../../../src/host/login/login-namespace.js'
import { hasRoute } from '../../../src/native/sockets/datagram-socket.js'

vi.mock(import('../../../src/native/base/native.js'), async (original) => ({
  ...(await original()),
  native: vi.fn(),
}))
vi.mock(import('../../../src/native/sockets/datagram-socket.js'), async (original) => ({
  ...(await original()),
  hasRoute: vi.fn(),
}))
vi.mock(import('../../../src/transports/dialing/choose-egress.js'), async (original) => ({
  ...(await original()),
  chooseEgress: vi.fn(async () => ({}) as never),
}))

const MARK = 0x2151
const [IPV4, IPV6] = ['192.0.2.53', '2001:db8::53']
const opened = vi.spyOn(LoginNamespace, 'open')

beforeEach(() => {
  opened.mockReset().mockRejectedValue(new Error('far enough'))
})

/** Opens a login by name servers, as far as its namespace. */
function login(leadsByIpv6: boolean, ...servers: string[]) {
  vi.mocked(hasRoute).mockReturnValue(leadsByIpv6)
  const parts = { seconds: 60, user: {} as never, browser: [], environment: {}, inner: () => [] }
  return openLogin({ ...parts, leave: { mark: MARK, search: [], servers } })
}

it('a login has no name servers at IPv6 if that leads nowhere past the tunnel', async () => {
  await expect(login(false, IPV6, IPV4)).rejects.toThrow('far enough')
  expect(opened).toHaveBeenLastCalledWith(expect.objectContaining({ ipv6: false, nameServers: [IPV4] }))
  expect(vi.mocked(hasRoute).mock.lastCall?.[2]).toBe(MARK)
  await expect(login(true, IPV6, IPV4)).rejects.toThrow('far enough')
  expect(opened).toHaveBeenLastCalledWith(expect.objectContaining({ ipv6: true, nameServers: [IPV6, IPV4] }))
})

it('a login is refused, with what helps, if no name server is left then', async () => {
  await expect(login(false, IPV6, '127.0.0.53')).rejects.toThrow(
    `Cannot open a login: this host asks itself alone, or by IPv6, which leads nowhere (${IPV6}, 127.0.0.53); name that of the network, which is often its router, with '--dns'`,
  )
  expect(opened).not.toHaveBeenCalled()
})
