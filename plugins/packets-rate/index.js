// @ts-check
import { definePlugin } from 'qanat/plugin'
import { Limiter } from './limiter.js'
import { parseRate } from './rates.js'

export default definePlugin({
  api: 1,
  name: 'packets-rate',
  options: {
    rates: {
      type: 'list',
      default: [],
      help: 'What each peer may send and get: [in|out] RATE [burst BYTES] [peer NAME], such as "out 20Mbit peer laptop"; the first that is about a peer counts',
    },
  },
  packetHooks: {
    'packets-rate': {
      summary: 'drops what a peer sends or gets beyond a rate',
      create({ options: { rates } }) {
        if (rates.length === 0) throw new Error('\'rates\' is empty; give one such as "20Mbit"')
        return new Limiter(rates.map(parseRate))
      },
    },
  },
})
