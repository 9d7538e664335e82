// @ts-check
import { definePlugin } from 'qanat/plugin'
import { Filter } from './filter.js'
import { parseRule } from './rules.js'

/** Rules that each packet of a new flow is compared with, at the most. */
const MOST_RULES = 1_000

/** @type {(rules: readonly string[]) => Filter} */
function create(rules) {
  if (rules.length > MOST_RULES)
    throw new Error(`there are ${rules.length} rules; at most ${MOST_RULES} are allowed`)
  return new Filter(rules.map(parseRule))
}

export default definePlugin({
  api: 1,
  name: 'packets-filter',
  options: {
    rules: {
      type: 'list',
      default: ['allow out'],
      help: 'What passes: allow|drop [in|out] [PROTOCOL] [from RANGE] [to RANGE] [port PORT] [peer NAME]; the first rule that is about a packet decides',
    },
  },
  packetHooks: {
    'packets-filter': {
      summary: 'lets packets pass by addresses, ports, protocols and peers, and answers to them',
      sees: 'super-packets',
      create: ({ options }) => create(options.rules),
    },
  },
})
