import type { LinkChooser } from '../peers/peers.js'

/** Why a member that stands by is not reached. */
export const STANDS_BY = 'another member of its group is active'

/** Chooses no link for a member that is not called, and follows it to none: what a gateway sends that was left moves nothing. */
export const STAND_BY: LinkChooser = {
  endpoint: undefined,
  sent() {},
  onAuthenticated() {},
  closed() {},
  nextAttempt: () => undefined,
  follows: () => false,
  renews: () => false,
}
