/** How a group chooses among its members: in the order of the file, by round trip, or so that clients spread evenly. */
export const CHOICES = ['order', 'nearest', 'spread'] as const
export type ChoiceName = (typeof CHOICES)[number]
export const DEFAULT_CHOICE: ChoiceName = 'order'

/** Members of one group. */
export const MEMBERS = { min: 2, max: 32 } as const

/** Which group a peer is a member of. */
export interface GroupConfig {
  readonly name: string
  /** The same for all its members. */
  readonly choose: ChoiceName
}
