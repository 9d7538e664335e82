/** The kinds of plugins that `qanat plugin new` makes. */
export const KINDS_MADE = ['transport', 'cipher', 'packets'] as const

export type KindMade = (typeof KINDS_MADE)[number]
