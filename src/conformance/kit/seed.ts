/** What random bytes are made from, unless somebody chooses. */
export const DEFAULT_SEED = 1
