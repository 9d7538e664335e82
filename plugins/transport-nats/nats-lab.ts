import { spawnSync } from 'node:child_process'
import type { Clock, LinkHandlers, Transport } from 'qanat'
import { pluginContext } from 'qanat/testing'
import { afterEach, describe } from 'vitest'
import plugin from './index.js'
import { NatsServers } from './nats-servers.js'

/** Milliseconds between questions whether a server lives: `npm run long -- nats` takes the usual ones. */
export const PING_EVERY = process.env.QANAT_NATS === 'full' ? 1_000 : 150

const clock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  schedule(delay, callback) {
    const timer = setTimeout(callback, delay)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Tests that need Debian's nats-server. Where that is missing they are skipped, but in CI they fail. */
export function describeWithServers(name: string, body: () => void): void {
  const isThere = spawnSync('which', ['nats-server']).status === 0 || process.env.CI === 'true'
  if (isThere) describe(name, body)
  else describe.skip(`${name}, which needs program nats-server`, body)
}

/** What is done after the test, the last first. */
export const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one()
})

/** Servers for one test. */
export async function cluster(count: number, ...more: readonly string[]): Promise<NatsServers> {
  const servers = await NatsServers.start(count, ...more)
  undo.push(() => servers.stop())
  return servers
}

/** The transport with these options. Secrets count among them. */
export function natsTransport(options: Readonly<Record<string, unknown>> = {}): Transport {
  const { create } = plugin.transports.nats
  const context = { ...pluginContext(plugin, undefined, options), clock, localPort: 0 }
  return create(context as Parameters<typeof create>[0])
}

/** An end, for one test, that connects to these servers in this order. */
export function end(hosts: readonly string[], options: Readonly<Record<string, unknown>> = {}) {
  const set = { pingEvery: PING_EVERY, servers: hosts.slice(1), ...options }
  const context = { ...pluginContext(plugin, undefined, set), clock, localPort: 0 }
  const transport = plugin.transports.nats.create(
    context as Parameters<typeof plugin.transports.nats.create>[0],
  )
  const usual = `nats://${hosts[0]}/tests`
  return {
    async dial(handlers: LinkHandlers, endpoint = usual) {
      const link = await transport.dial(new URL(endpoint), handlers, new AbortController().signal)
      undo.push(() => link.close())
      return link
    },
    async listen(handlers: LinkHandlers, endpoint = usual) {
      const listener = await transport.listen(new URL(endpoint), handlers)
      undo.push(() => listener.close())
      return listener
    },
  }
}

/** Handlers that do nothing but these. */
export function handlers(some: Partial<LinkHandlers>): LinkHandlers {
  return { receive() {}, drained() {}, closed() {}, failed() {}, ...some }
}
