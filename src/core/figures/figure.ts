/** What a plugin says of one of its figures. */
export interface Figure {
  /** A `counter` only rises, from 0 at the tunnel's start; a `gauge` is what it was last set to. */
  readonly type: 'counter' | 'gauge'
  /** What it counts or measures in, such as "datagrams", "bytes" or "ms". */
  readonly unit: string
  /** What it tells, in a line without a full stop. */
  readonly help: string
  /** What tells its values apart, each with all that it may be: `{ reason: ['timeout', 'refused'] }`. */
  readonly labels?: Readonly<Record<string, readonly string[]>>
}

/** What a plugin says of its figures, by name. */
export type Figures = Readonly<Record<string, Figure>>

/** Values that all figures of a plugin may have together, one for each combination of labels. */
export const MAX_VALUES = 1_024

/** The labels that are given with a value: all that its figure has, or none. */
export type FigureLabels<One extends Figure> = 'labels' extends keyof One
  ? One extends { readonly labels: infer Labels extends Readonly<Record<string, readonly string[]>> }
    ? [labels: { readonly [Name in keyof Labels]: Labels[Name][number] }]
    : [labels?: Readonly<Record<string, string>>]
  : []

/** The names of those figures that can be set. */
export type GaugeNames<Told extends Figures> = {
  [Name in keyof Told]: Told[Name]['type'] extends 'counter' ? never : Name
}[keyof Told]

/** Where a plugin tells its figures. What its descriptor does not declare is refused. */
export interface FiguresHelper<Told extends Figures = Figures> {
  /**
   * Adds to a counter or a gauge.
   *
   * @throws Error if the descriptor has no such figure or label, the sum is not finite, or a counter would fall.
   */
  add<Name extends keyof Told>(name: Name, by: number, ...labels: FigureLabels<Told[Name]>): void
  /**
   * Sets a gauge.
   *
   * @throws Error if the descriptor has no such gauge or label, or the value is not finite.
   */
  set<Name extends GaugeNames<Told>>(name: Name, to: number, ...labels: FigureLabels<Told[Name]>): void
}
