import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../../lab/temporary-folder.js'

/** A process's own wall clock. Its monotonic one goes on as the kernel's, as both do across a sleep. */
export class FalseClock {
  readonly #folder = temporaryFolder()
  readonly #file = join(this.#folder, 'offset')
  readonly environment: NodeJS.ProcessEnv = {
    LD_PRELOAD: preloaded(),
    FAKETIME_TIMESTAMP_FILE: this.#file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }

  constructor() {
    this.set(0)
  }

  /** Seconds by which it is ahead of the host's, or behind it. */
  set(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? '' : '+'}${seconds}`)
  }
}

/** The library that faketime has programs load. It fails if an earlier process of its number, killed, left a semaphore. */
function preloaded(): string {
  const ask = () => execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD']).toString().trim()
  try {
    return ask()
  } catch {
    return ask()
  }
}
