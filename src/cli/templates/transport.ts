import { DEFAULT_PORT } from '../../core/settings/ports.js'
import { head, keyOf, type Template } from './template.js'

/** A transport over TCP, which full tunnels let pass and whose unknown sources are bounded. */
export const transportTemplate: Template = {
  does: 'carries datagrams over TCP connections, each behind its length',
  plugin: ({ name, typescript }) => `${head(typescript, { 'qanat/plugin': '{ definePlugin }' })}
export default definePlugin({
  api: 1,
  name: '${name}',
  needs: ['network', 'streams'],
  options: {
    noDelay: { type: 'toggle', default: true, help: 'Whether what is dialled sends short datagrams at once' },
  },
  transports: {
    ${keyOf(name)}: {
      summary: 'datagrams over TCP connections: ${name}://host:port',
      ports: { ${keyOf(name)}: ${DEFAULT_PORT} },

      create: ({ network, options, streams }) => ({
        async dial(endpoint, handlers, wait) {
          // In a URL an IPv6 address stands in brackets.
          const host = endpoint.hostname.replace(/^\\[|\\]$/g, '')
          const socket = await network.connect({ host, port: Number(endpoint.port || ${DEFAULT_PORT}) }, wait)
          socket.setNoDelay(options.noDelay)
          return streams.link(socket, { remote: endpoint }, handlers)
        },

        listen: (endpoint, handlers) => streams.listen(endpoint, handlers),
      }),
    },
  },
})
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
