import type { Plugin, TransportPart } from '../../core/plugin/plugin.js'
import type { SocketWatch } from './socket-watch.js'

/** The same plugin, whose `setup` and whose transports are watched. */
export function watchedPlugin(plugin: Plugin, watch: SocketWatch): Plugin {
  const { setup, transports = {} } = plugin
  const watched = Object.entries(transports).map(([name, part]) => [name, watchedPart(part, watch)])
  return {
    ...plugin,
    ...(setup && { setup: (context) => watch.ofPart(() => setup.call(plugin, context)) }),
    transports: Object.fromEntries(watched),
  }
}

function watchedPart(part: TransportPart, watch: SocketWatch): TransportPart {
  return {
    ...part,
    async create(context) {
      const made = await watch.ofPart(() => part.create(context))
      return {
        dial: (...args) => watch.ofPart(() => made.dial(...args)),
        listen: (...args) => watch.ofPart(() => made.listen(...args)),
      }
    },
  }
}
