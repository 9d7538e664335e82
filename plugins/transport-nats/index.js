// @ts-check
import { definePlugin } from 'qanat/plugin'
import { options } from './options.js'
import { placeOf } from './place.js'
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
      checkEndpoint: (endpoint) => void placeOf(endpoint, options.subject.default),
      create: (context) => new NatsTransport(context),
    },
  },
})
