// @ts-check
import { definePlugin } from 'qanat/plugin'
import { placeOf } from './address.js'
import { options } from './options.js'
import { PtTransport } from './pt-transport.js'

export default definePlugin({
  api: 1,
  name: 'transport-pt',
  needs: ['network', 'streams'],
  options,
  transports: {
    pt: {
      summary: 'connections by a pluggable transport of Tor, or a plugin of SIP003: pt://host:port',
      authority: 'host',
      checkEndpoint: (endpoint) => void placeOf(endpoint),
      create: (context) => new PtTransport(context),
    },
  },
})
