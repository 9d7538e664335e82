import { isIPv6 } from 'node:net'
import type { LoginLeave } from '../../app/login/login-lease.js'
import { ConfigError } from '../../core/api/errors.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { systemClock } from '../../core/time/system-clock.js'
import type { BrowserUser } from '../../host/login/browser.js'
import { LoginNamespace } from '../../host/login/login-namespace.js'
import { native } from '../../native/base/native.js'
import { hasRoute } from '../../native/sockets/datagram-socket.js'
import { chooseEgress } from '../../transports/dialing/choose-egress.js'
import { LoginNames } from '../../transports/login/login-names.js'
import { isOwnAddress } from '../../transports/login/own-addresses.js'
import { WebRelay } from '../../transports/login/web-relay.js'

/** An address of the internet by IPv6: whether a route leads there tells whether that is reached. RFC 4291 section 2.4 */
const GLOBAL_IPV6 = '2000::1'

/** What a login is made of. */
export interface LoginParts {
  readonly seconds: number
  readonly leave: LoginLeave
  readonly user: BrowserUser
  /** The browser with its arguments, and what it has of an environment. */
  readonly browser: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** The addresses within the tunnel at the moment. */
  readonly inner: () => readonly string[]
}

/** A login that is open. */
export interface OpenLogin {
  /** Resolves with the exit code of the browser once it ended; undefined if it was killed. */
  readonly browser: Promise<number | undefined>
  /** Resolves once all of it is gone. */
  close(): Promise<void>
}

/**
 * Starts a browser in namespaces of its own, whose questions about names and web pages this process carries past the tunnel.
 *
 * @throws QanatError if it cannot be had; nothing is left of it then.
 */
export async function openLogin({ inner, leave, ...parts }: LoginParts): Promise<OpenLogin> {
  const { mark, search } = leave
  const clock = systemClock
  const system = native()
  const ipv6 = hasRoute(system, { family: 6, ip: parseIpAddress(GLOBAL_IPV6)!, port: 1 }, mark)
  const nameServers = leave.servers.filter((server) => !isOwnAddress(server) && (ipv6 || !isIPv6(server)))
  if (nameServers.length === 0) throw noNames(leave.servers)
  const { connectTo } = await chooseEgress({ mark }, clock)
  const namespace = await LoginNamespace.open({ ...parts, ipv6, nameServers, search, clock })
  const inside = <Result>(work: () => Result) => namespace.network.enter(work)
  let web: WebRelay | undefined
  let names: LoginNames | undefined
  const close = async () => {
    names?.close()
    web?.close()
    await namespace.close()
  }
  try {
    web = await WebRelay.open({ connectTo, nameServers, inside, inner })
    names = new LoginNames({ native: system, clock, mark, nameServers, inside })
  } catch (thrown) {
    await close()
    throw thrown
  }
  namespace.begin()
  return { browser: namespace.ended, close }
}

/** A name server on this host asks others like any program, and so by the tunnel; one at IPv6 may be out of reach. */
function noNames(servers: readonly string[]): ConfigError {
  const known =
    servers.length === 0
      ? 'no name server is known'
      : `this host asks itself alone, or by IPv6, which leads nowhere (${servers.join(', ')})`
  return new ConfigError(
    `Cannot open a login: ${known}; name that of the network, which is often its router, with '--dns'`,
    { code: 'ERR_CONFIG_VALUE' },
  )
}
