import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { ThrottledWarnings } from '../../core/api/throttled-warnings.js'
import { MAX_STORED, type PluginStorage } from '../../core/plugin/storage.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import type { StorageFile } from './storage-file.js'

/** Milliseconds from a change to its being written, with all changes until then. */
export const WRITE_DELAY = 1_000
/** Milliseconds until what could not be written is tried again. */
const RETRY_DELAY = 5_000
/** Bytes of a file: base64 makes 4 of 3, and a key of one character costs as much again. */
const MAX_FILE = 8 * MAX_STORED

/** What values are kept with. */
export interface KeptValuesParts {
  /** Absent if they are in memory alone. */
  readonly file?: StorageFile | undefined
  readonly clock: Clock
  readonly log: Logger
  /** Aborted when the tunnel is over. */
  readonly signal: AbortSignal
}

/** What a plugin keeps: in memory, and in a file soon after each change. */
export class KeptValues implements PluginStorage {
  readonly #parts: KeptValuesParts
  readonly #warnings: ThrottledWarnings
  #values: Map<string, Uint8Array> | undefined
  #bytes = 0
  /** Whether there are changes that no write has begun with. */
  #isChanged = false
  #timer: Timer | undefined
  #writing: Promise<void> | undefined

  constructor(parts: KeptValuesParts) {
    this.#parts = parts
    this.#warnings = new ThrottledWarnings(parts.log)
    parts.signal.addEventListener('abort', () => this.#end(), { once: true })
  }

  /** Makes its folder and reads what is there, while the process may do both. Throws if it may not. */
  prepare(): void {
    this.#parts.file?.makeFolder()
    this.#values ??= this.#read()
  }

  get(key: string): Uint8Array | undefined {
    return this.#all.get(key)?.slice()
  }

  getText(key: string): string | undefined {
    const value = this.#all.get(key)
    return value && new TextDecoder().decode(value)
  }

  set(key: string, value: string | Uint8Array | undefined): void {
    const all = this.#all
    const next = typeof value === 'string' ? new TextEncoder().encode(value) : value?.slice()
    const bytes = this.#bytes - sizeOf(key, all.get(key)) + sizeOf(key, next)
    if (bytes > MAX_STORED && next !== undefined) {
      throw new RangeError(
        `Cannot store '${key}': ${bytes} bytes would be kept, and ${MAX_STORED} are the most`,
      )
    }
    if (next === undefined) all.delete(key)
    else all.set(key, next)
    this.#bytes = bytes
    this.#isChanged = true
    this.#later(WRITE_DELAY)
  }

  keys(): string[] {
    return [...this.#all.keys()]
  }

  async flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    while (this.#isChanged || this.#writing !== undefined) {
      await (this.#writing ?? this.#write())
    }
  }

  /** Read when it is asked for first. */
  get #all(): Map<string, Uint8Array> {
    this.#values ??= this.#read()
    return this.#values
  }

  #read(): Map<string, Uint8Array> {
    const { file, log } = this.#parts
    const values = new Map<string, Uint8Array>()
    const text = file?.read(MAX_FILE)
    if (text === undefined) return values
    try {
      for (const [key, value] of Object.entries(JSON.parse(text) as Record<string, string>)) {
        const bytes = Uint8Array.from(Buffer.from(value, 'base64'))
        values.set(key, bytes)
        this.#bytes += sizeOf(key, bytes)
      }
      return values
    } catch (thrown) {
      log.warn('what a plugin stored is damaged, and begins anew', {
        file: file?.path,
        why: asError(thrown).message,
      })
      this.#bytes = 0
      return new Map()
    }
  }

  #later(delay: number): void {
    const { clock, file, signal } = this.#parts
    if (file === undefined) this.#isChanged = false
    else if (signal.aborted) this.#end()
    else
      this.#timer ??= clock.schedule(delay, () => void this.flush().catch((thrown) => this.#failed(thrown)))
  }

  #failed(thrown: unknown): void {
    const { clock, file } = this.#parts
    const why = asError(thrown).message
    this.#warnings.give('cannot store what is to be kept', { file: file?.path, why }, clock.now())
    this.#later(RETRY_DELAY)
  }

  #write(): Promise<void> {
    this.#writing = this.#replace().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #replace(): Promise<void> {
    const { file } = this.#parts
    this.#isChanged = false
    try {
      file?.makeFolder()
      await file?.write(this.#text())
    } catch (thrown) {
      this.#isChanged = true
      throw thrown
    }
  }

  #end(): void {
    const { file, log } = this.#parts
    this.#timer?.cancel()
    const isPending = this.#isChanged || this.#writing !== undefined
    this.#isChanged = false
    if (file === undefined || !isPending) return
    try {
      file.makeFolder()
      file.writeLast(this.#text())
    } catch (thrown) {
      log.warn('cannot store what is to be kept', { file: file.path, why: asError(thrown).message })
    }
  }

  #text(): string {
    const values = [...this.#all].map(([key, value]) => [key, Buffer.from(value).toString('base64')])
    return `${JSON.stringify(Object.fromEntries(values))}\n`
  }
}

function sizeOf(key: string, value: Uint8Array | undefined): number {
  return value === undefined ? 0 : Buffer.byteLength(key) + value.length
}
