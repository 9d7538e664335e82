/** A whole number in a configuration: what it may be, and what it is if the configuration does not say. */
export interface NumberSetting {
  readonly min: number
  readonly max: number
  readonly default: number
}
