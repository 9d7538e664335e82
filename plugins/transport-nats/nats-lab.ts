import type { LinkHandlers, Transport } from 'qanat'
import { pluginContext } from 'qanat/testing'
import { afterEach } from 'vitest'
import { systemClock } from '../../src/core/time/system-clock.js'
import plugin from './index.js'
import { NatsServers } from './nats-servers.js'

/** Milliseconds between questions whether a server lives: `npm run long -- nats` takes the usual ones. */
export const PING_EVERY = process.env.QANAT_NATS === 'full' ? 1_000 : 150

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
  const context = { ...pluginContext(plugin, undefined, options), clock: systemClock, localPort: 0 }
  return create(context as Parameters<typeof create>[0])
}

/** An end, for one test, that connects to these servers in this order. */
export function end(hosts: readonly string[], options: Readonly<Record<string, unknown>> = {}) {
  const transport = natsTransport({ pingEvery: PING_EVERY, servers: hosts.slice(1), ...options })
  const usual = `nats://${hosts[0]}/tests`
  return {
    async dial(handlers: LinkHandlers, endpoint = usual) {
      const link = await transport.dial(new URL(endpoint), handlers, {
        signal: new AbortController().signal,
        step() {},
      })
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
