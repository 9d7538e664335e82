import type { Lab } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'

/** Programs that an end cannot do without, started with it. */
export interface Helpers {
  readonly near: Program[]
  readonly far: Program[]
}

/** The two ends of one tunnel, in a lab. */
export interface Pair {
  /** The addresses of the near and the far host that lead through the tunnel. */
  readonly addresses: readonly [string, string]
  /** What runs beside the ends: their CPU time and memory count as those of the ends. */
  readonly helpers?: Helpers
  /** Starts the listening end; resolves once it listens. Absent if there is no tunnel. */
  startFar?(): Promise<Program>
  /** Starts the dialling end; it goes on by itself from there. */
  startNear?(): Promise<Program>
  /** Removes what is left behind outside of the lab and its folder. May come at any time. */
  remove?(): void
}

/** Something that is measured. */
export interface System {
  /** As `--only` and the tables call it. */
  readonly name: string
  /** What it is, for readers. */
  readonly summary: string
  /** Programs that it cannot do without, found in PATH or named by a path. */
  readonly programs: readonly string[]
  /** How to get them. */
  readonly source?: string
  /** Whether `--quick` measures it. */
  readonly quick?: boolean
  /** Whether the near end is a program of Node's, whose own start is told apart. */
  readonly onNode?: boolean
  /** Whether it carries TCP streams and no packets: then nothing else is measured. */
  readonly tcpOnly?: boolean
  /** @param folder an empty folder of its own, which only this user can read. */
  prepare(lab: Lab, folder: string): Pair
}
