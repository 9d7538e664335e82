import type { Fields, Logger } from '../../core/api/logger.js'

type Level = keyof Logger

/** A logger that keeps what it is told. */
export class RecordingLogger implements Logger {
  readonly #lines: { level: Level; message: string; fields: Fields | undefined }[] = []

  debug(message: string, fields?: Fields): void {
    this.#lines.push({ level: 'debug', message, fields })
  }

  info(message: string, fields?: Fields): void {
    this.#lines.push({ level: 'info', message, fields })
  }

  warn(message: string, fields?: Fields): void {
    this.#lines.push({ level: 'warn', message, fields })
  }

  error(message: string, fields?: Fields): void {
    this.#lines.push({ level: 'error', message, fields })
  }

  /** The messages of a level, without their fields. */
  messages(level: Level): string[] {
    return this.#lines.filter((line) => line.level === level).map(({ message }) => message)
  }

  /** All lines as texts, fields included. */
  get lines(): string[] {
    return this.#lines.map(({ message, fields }) => `${message} ${textOf(fields)}`)
  }
}

function textOf(fields: Fields | undefined): string {
  try {
    return (
      JSON.stringify(fields, (_key, value: unknown) =>
        value instanceof Error ? (value.stack ?? value.message) : value,
      ) ?? ''
    )
  } catch {
    return String(fields) // it holds itself
  }
}
