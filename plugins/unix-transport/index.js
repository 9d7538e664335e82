// @ts-check
import { once } from 'node:events'
import net from 'node:net'
import { definePlugin, redact, streamLink, TransportError } from 'qanat'

let accepted = 0

/** @type {import('qanat').Transport} */
const unix = {
  async dial(endpoint, handlers, signal) {
    const socket = net.connect(endpoint.pathname)
    try {
      await once(socket, 'connect', { signal })
    } catch (cause) {
      socket.destroy()
      throw failure('dial', endpoint, 'ERR_TRANSPORT_DIAL', cause)
    }
    return streamLink(socket, { remote: redact(endpoint) }, handlers)
  },

  async listen(endpoint, handlers) {
    const links = new Set()
    const server = net.createServer((socket) => {
      const link = streamLink(socket, { remote: `${redact(endpoint)}:${++accepted}` }, handlers)
      links.add(link)
      socket.on('close', () => links.delete(link))
    })
    try {
      await once(server.listen(endpoint.pathname), 'listening')
    } catch (cause) {
      throw failure('listen on', endpoint, 'ERR_TRANSPORT_LISTEN', cause)
    }
    server.on('error', (error) => handlers.failed(error))
    return {
      endpoint,
      async close() {
        const closed = new Promise((resolve) => server.close(resolve))
        for (const link of links) link.close()
        await closed
      },
    }
  },
}

/** @type {(what: string, endpoint: URL, code: import('qanat').ErrorCode, cause: unknown) => TransportError} */
function failure(what, endpoint, code, cause) {
  const why = cause instanceof Error ? cause.message : cause
  return new TransportError(`Cannot ${what} ${redact(endpoint)}: ${why}`, { code, cause })
}

export default definePlugin({
  api: 1,
  name: 'unix-transport',
  transports: {
    unix: {
      summary: 'connections over Unix sockets of this host: unix:///path',
      create: () => unix,
    },
  },
})
