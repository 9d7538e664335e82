import { DEFAULT_PORT } from '../../core/settings/ports.js'
import { importLine, type NewPlugin, type Template } from './template.js'

/** A transport over TCP, which full tunnels let pass. */
export const transportTemplate: Template = {
  does: 'carries datagrams over TCP connections, each behind its length',
  plugin: ({
    name,
    typescript,
  }: NewPlugin) => `${typescript ? '' : '// @ts-check\n'}${typescript ? importLine('type { Socket }', 'node:net') : ''}${importLine('{ streamLink }', 'qanat')}${importLine(
    `{ definePlugin, ${typescript ? 'type Link, ' : ''}redact }`,
    'qanat/plugin',
  )}
export default definePlugin({
  api: 1,
  name: '${name}',
  needs: ['network'],
  options: {
    noDelay: { type: 'toggle', default: true, help: 'Whether short datagrams are sent at once' },
  },
  transports: {
    ${keyOf(name)}: {
      summary: 'datagrams over TCP connections: ${name}://host:port',
      ports: { ${keyOf(name)}: ${DEFAULT_PORT} },

      create: ({ network, options }) => ({
        async dial(endpoint, handlers, signal) {
          const socket = await network.connect(placeOf(endpoint), { signal })
          socket.setNoDelay(options.noDelay)
          return streamLink(socket, { remote: redact(endpoint) }, handlers)
        },

        async listen(endpoint, handlers) {
${
  typescript
    ? '          const links = new Set<Link>()'
    : "          /** @type {Set<import('qanat/plugin').Link>} */\n          const links = new Set()"
}
          const server = await network.listen(placeOf(endpoint), (socket) => {
            socket.setNoDelay(options.noDelay)
            const link = streamLink(socket, { remote: remoteOf(socket) }, handlers)
            links.add(link)
            socket.on('close', () => links.delete(link))
          })
          server.on('error', (error) => handlers.failed(error))
          const bound = new URL(endpoint.href)
          const address = server.address()
          if (typeof address === 'object' && address !== null) bound.port = String(address.port)
          return {
            endpoint: bound,
            async close() {
              const closed = new Promise((resolve) => server.close(resolve))
              for (const link of links) link.close()
              await closed
            },
          }
        },
      }),
    },
  },
})

${typescript ? 'function placeOf(endpoint: URL) {' : '/** @param {URL} endpoint */\nfunction placeOf(endpoint) {'}
  return { host: endpoint.hostname.replace(/^\\[|\\]$/g, ''), port: Number(endpoint.port || ${DEFAULT_PORT}) }
}

${
  typescript
    ? "function remoteOf({ remoteAddress = '', remotePort }: Socket) {"
    : "/** @param {import('node:net').Socket} socket */\nfunction remoteOf({ remoteAddress = '', remotePort }) {"
}
  // In a URL an IPv6 address stands in brackets.
  const host = remoteAddress.includes(':') ? \`[\${remoteAddress}]\` : remoteAddress
  return \`${name}://\${host}:\${remotePort}\`
}
`,
  kit: ({ name }) => ({
    before: '',
    value: `{
  transports: {
    // Called anew for each case. 'near' and 'far' would give the ends settings and options of their own.
    ${keyOf(name)}: { setup: () => ({ endpoint: new URL('${name}://127.0.0.1:0') }) },
  },
}`,
  }),
  use: (name) => `--listen ${name}://0.0.0.0:${DEFAULT_PORT}`,
}

/** A name as the key of an object: with a dash in it, a text. */
export function keyOf(name: string): string {
  return name.includes('-') ? `'${name}'` : name
}
