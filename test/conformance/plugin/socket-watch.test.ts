import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { pluginContext } from '../../../src/conformance/kit/plugin-container.js'
import { SocketWatch } from '../../../src/conformance/plugin/socket-watch.js'
import { definePlugin } from '../../../src/core/plugin/plugin.js'

const plugin = definePlugin({
  api: 1,
  name: 'tested',
  ciphers: { none: { summary: '', create: () => ({}) as never } },
})
const host = '127.0.0.1'

/** What a part does by itself, of what is for the port of its endpoint. */
async function unmarked(work: (port: number) => Promise<unknown>, byPart = true): Promise<string[]> {
  const watch = new SocketWatch()
  let port: number | undefined
  await watch.during(async () => {
    const endpoint = net.createServer((socket) => socket.destroy()).listen(0, host)
    await once(endpoint, 'listening')
    port = (endpoint.address() as AddressInfo).port
    await (byPart ? watch.ofPart(() => work(port!)) : work(port))
    await new Promise((resolve) => endpoint.close(resolve))
  })
  return watch.unmarked(port)
}

async function connect(port: number, to = host): Promise<void> {
  const socket = net.connect(port, to).on('error', () => {})
  if (to === host) await once(socket, 'connect')
  socket.destroy()
}

it('sees a connection to the endpoint, or to elsewhere, that a part makes by itself, later on as well', async () => {
  expect(await unmarked(connect)).toEqual([expect.stringMatching(/^connects to 127\.0\.0\.1:\d+$/)])
  expect(await unmarked(() => connect(9, '192.0.2.1'))).toEqual(['connects to 192.0.2.1:9'])
  const later = async (port: number) => {
    await new Promise((resolve) => setImmediate(resolve))
    await connect(port)
  }
  expect(await unmarked(later)).toHaveLength(1)
})

it('sees where a part listens by itself, and its sockets of UDP', async () => {
  const listen = async () => {
    const server = net.createServer().listen(0)
    await once(server, 'listening')
    server.close()
  }
  expect(await unmarked(listen)).toEqual(['listens on :::0'])
  const bind = async () => {
    const socket = createSocket('udp4').bind(0, host)
    await once(socket, 'listening')
    socket.close()
  }
  expect(await unmarked(bind)).toEqual(['binds a socket of UDP'])
})

it('sees nothing of what the network of a part opens, of what stays on the host, or of what others open', async () => {
  const { network } = pluginContext(plugin)
  const byNetwork = async (port: number) => {
    const { agent } = network
    const [socket, server, datagrams] = await Promise.all([
      network.connect({ host, port }),
      network.listen({ host, port: 0 }, (accepted) => accepted.destroy()),
      network.bindUdp({ host }),
    ])
    socket.destroy()
    datagrams.close()
    await new Promise((resolve) => server.close(resolve))
    const { get } = await import('node:http')
    await once(get({ host, port, agent: agent.http }), 'error')
  }
  expect(await unmarked(byNetwork)).toEqual([])
  expect(await unmarked(async () => once(net.createServer().listen(0, host).unref(), 'listening'))).toEqual(
    [],
  )
  expect(await unmarked(connect, false)).toEqual([])
})

it('leaves Node as it was', async () => {
  const before = net.Socket.prototype.connect
  await unmarked(connect)
  expect(net.Socket.prototype.connect).toBe(before)
})
