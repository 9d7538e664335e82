// @ts-check
import { definePlugin } from 'qanat/plugin'

export default definePlugin({
  api: 1,
  name: 'unix-transport',
  transports: {
    unix: {
      summary: 'connections over Unix sockets of this host: unix:///path',
      authority: 'none',
      source: 'none',
      create: ({ network, streams }) => ({
        async dial(endpoint, handlers, wait) {
          const socket = await network.connect({ path: endpoint.pathname }, wait)
          return streams.link(socket, { remote: endpoint }, handlers)
        },
        listen: (endpoint, handlers) => streams.listen(endpoint, handlers),
      }),
    },
  },
})
