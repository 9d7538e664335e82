/** Names of events that programs wait for, by the words that people read: those may change, and these stay. */
export const LOG_EVENTS: ReadonlyMap<string, string> = new Map([
  ['TUN device is up', 'up'],
  ['listening', 'listening'],
  ['peer is reached', 'reached'],
  ['link lost', 'lost'],
  ['endpoint does not answer', 'failed'],
  ['endpoint still does not answer', 'failed'],
  ['stopping', 'stopping'],
])
