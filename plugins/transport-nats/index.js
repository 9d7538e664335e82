// @ts-check
import { definePlugin } from 'qanat/plugin'
import { options } from './options.js'
import { NatsTransport } from './transport.js'

export default definePlugin({
  api: 1,
  name: 'transport-nats',
  options,
  transports: {
    nats: {
      summary: 'datagrams over a cluster of NATS servers: nats://host[:port][/subject]',
      ports: { nats: 4222 },
      authority: 'host',
      source: 'none',
      searchesPathMtu: false,
      create: (context) => new NatsTransport(context),
    },
  },
})
