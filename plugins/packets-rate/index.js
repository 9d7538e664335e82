// @ts-check
import { definePlugin } from 'qanat/plugin'
import { Limiter } from './limiter.js'
import { parseQuota, QuotaBook } from './quotas.js'
import { parseRate } from './rates.js'

export default definePlugin({
  api: 1,
  name: 'packets-rate',
  needs: ['storage', 'figures'],
  options: {
    rates: {
      type: 'list',
      default: [],
      help: 'What each peer may send and get: [in|out] RATE [burst BYTES] [peer NAME], such as "out 20Mbit peer laptop"; the first that is about a peer counts',
    },
    quotas: {
      type: 'list',
      default: [],
      help: 'What each peer may send and get in a month: [in|out] BYTES [peer NAME], such as "100GiB peer laptop"; the first that is about a peer counts',
    },
  },
  figures: {
    dropped: {
      type: 'counter',
      unit: 'bytes',
      help: 'What was dropped, packets with their headers',
      labels: { reason: ['exceeded', 'quota'], direction: ['in', 'out'] },
    },
  },
  packetHooks: {
    'packets-rate': {
      summary: 'drops what a peer sends or gets beyond a rate, or a quota of a month',
      create({ figures, options: { quotas, rates }, ...context }) {
        if (rates.length + quotas.length === 0)
          throw new Error('\'rates\' is empty, and so is \'quotas\'; give one such as "20Mbit" or "100GiB"')
        const book = quotas.length === 0 ? undefined : new QuotaBook(quotas.map(parseQuota), context)
        return new Limiter(rates.map(parseRate), book, figures)
      },
    },
  },
})
