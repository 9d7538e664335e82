import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { native } from '../../../src/native/base/native.js'
import type { RouteQuestion } from '../../../src/native/netlink/route-mtu.js'
import { descriptorOf } from '../../../src/native/sockets/detach-socket.js'
import { setMark } from '../../../src/native/sockets/marked-socket.js'
import { ConnectionRoute } from '../../../src/transports/net/connection-route.js'
import { RouteMtus } from '../../../src/transports/net/route-mtus.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing('ip')

describe.skipIf(missing)(`the route of a connection${missing ? `, skipped: ${missing}` : ''}`, () => {
  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])(
    'has narrowed once its interface carries less than at the beginning, towards %s',
    async (host) => {
      await connected(host, (client) => {
        const route = ConnectionRoute.of(parts(), client)!
        expect(route.hasNarrowed).toBe(false)
        route.begin()
        expect(route.hasNarrowed).toBe(false)
        ip('link', 'set', 'lo', 'mtu', '1400')
        expect(route.hasNarrowed).toBe(true)
        route.begin()
        ip('link', 'set', 'lo', 'mtu', '1500')
        expect(route.hasNarrowed).toBe(false)
      })
    },
  )

  it('is the one by which the mark of the connection leads', async () => {
    await connected('127.0.0.1', (client) => {
      setMark(native(), descriptorOf(client), 7)
      const route = ConnectionRoute.of(parts(), client)!
      route.begin()
      ip('rule', 'add', 'pref', '2', 'lookup', 'local')
      ip('rule', 'delete', 'pref', '0') // none comes before it, and it leads to this host's addresses
      ip('rule', 'add', 'pref', '1', 'fwmark', '7', 'lookup', '77')
      ip('route', 'add', '127.0.0.1', 'dev', 'lo', 'mtu', '1300', 'table', '77')
      expect(route.hasNarrowed).toBe(true)
    })
  })

  it('is noticed to narrow though nothing could be asked at the beginning', async () => {
    await connected('127.0.0.1', (client) => {
      let isShort = true
      const shared = new RouteMtus()
      const routeMtus = {
        of: (question: RouteQuestion) => (isShort ? undefined : shared.of(question)),
        join: () => shared.join(),
        leave: () => shared.leave(),
      }
      const route = ConnectionRoute.of({ native: native(), routeMtus }, client)!
      route.begin()
      isShort = false
      expect(route.hasNarrowed).toBe(false)
      ip('link', 'set', 'lo', 'mtu', '1400')
      expect(route.hasNarrowed).toBe(true)
      route.end()
      expect(route.hasNarrowed).toBe(false)
    })
  })

  it('is asked for by one socket, which closes with the last connection', async () => {
    await connected('127.0.0.1', (client) => {
      const shared = parts()
      const routes = [1, 2].map(() => ConnectionRoute.of(shared, client)!)
      const before = openDescriptors()
      for (const route of routes) route.begin()
      for (const route of routes) expect(route.hasNarrowed).toBe(false)
      expect(openDescriptors()).toBe(before + 1)
      for (const route of routes) route.end()
      routes[0]!.end()
      expect(openDescriptors()).toBe(before)
      routes[0]!.begin()
      routes[0]!.end()
      expect(openDescriptors()).toBe(before)
    })
  })

  it('is not known once the connection has ended', async () => {
    await connected('127.0.0.1', (client) => {
      const route = ConnectionRoute.of(parts(), client)!
      route.begin()
      client.destroy()
      expect(ConnectionRoute.of(parts(), client)).toBeUndefined()
    })
  })
})

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

function parts() {
  return { native: native(), routeMtus: new RouteMtus() }
}

/** Does some work on a connection over loopback, in a network of its own. */
async function connected(host: string, work: (client: net.Socket) => void): Promise<void> {
  await inNewNetwork(async () => {
    const server = net.createServer().listen(0, host)
    await once(server, 'listening')
    const client = net.connect((server.address() as net.AddressInfo).port, host)
    const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')])
    try {
      work(client)
    } finally {
      client.destroy()
      ;(accepted as net.Socket).destroy()
      server.close()
    }
  })
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}
