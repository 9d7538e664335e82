import type { Link } from '../api/transport.js'
import type { Liveness } from './liveness.js'

/** The carrier in use. */
export interface Current {
  readonly index: number
  readonly since: number
  readonly liveness: Liveness
  /** What was dialled. A UDP link keeps its socket open, so it stays open where the peer moves. */
  readonly dialled: Link
  /** Where the peer is now: `dialled`, or another UDP address. */
  link: Link
  /** Whether something authentic came by it. */
  proven: boolean
  /** Why it was chosen. */
  readonly why: string
}
