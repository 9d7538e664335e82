/** How a program of a plugin is started. */
export interface SpawnOptions {
  readonly args?: readonly string[]
  /** All that its environment has besides PATH and LC_ALL. */
  readonly env?: Readonly<Record<string, string>>
  /** A folder of its own, made if it is missing, 0700, in which it works; the root folder if absent. */
  readonly folder?: string
  /** What is written into that folder before, by plain names, for the program alone to read: such as a cookie. */
  readonly files?: Readonly<Record<string, Uint8Array>>
  /** Whether it may listen on ports below 1024. */
  readonly lowPorts?: boolean
  /** Is given each line of its output, of at most 8,192 characters. What it complains of is logged, as is its output if absent. */
  readonly line?: (text: string) => void
  /** Ends the program. The end of the tunnel does, too. */
  readonly signal?: AbortSignal | undefined
}

/** A program that was started. */
export interface Child {
  /** How it ended: `it ended with code 1`, for example. */
  readonly ended: Promise<string>
  /**
   * Idempotent. Its input is closed and it is told to end (SIGTERM); 1 s later it is killed, with what it started.
   * Resolves once it is over.
   */
  end(): Promise<void>
}

/** As `Network.spawn`. */
export type Spawn = (program: string, options?: SpawnOptions) => Promise<Child>
