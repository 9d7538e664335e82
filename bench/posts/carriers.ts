import type { FrontEnd, Manner } from '../../lab/servers/front-ends.js'

/** By what a tunnel runs through a front end. */
export type Carrier = 'ws' | 'stream' | 'poll'

/** How the front end before a carrier is to be. */
export const MANNERS: Readonly<Record<Carrier, Manner | undefined>> = {
  ws: 'upgrades',
  /** As it is if it is told nothing but where to forward. */
  stream: undefined,
  poll: 'keeps',
}

/** What is demanded of posts, against WebSockets in the same round; milliseconds that they may take longer. */
export const DEMANDS = {
  stream: { down: 0.3, up: 0.12, slower: 3 },
  poll: { down: 0.04, up: 0.04, slower: 5 },
} as const
/** Megabits a second that are to go up at a delay of 50 ms. */
export const LONG_PATH = 60

/** The carriers that can be measured through a front end: only nginx can be told to keep answers. */
export function carriersThrough(front: FrontEnd): readonly Carrier[] {
  return front === 'nginx' ? ['ws', 'stream', 'poll'] : ['ws', 'stream']
}
