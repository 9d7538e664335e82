import type { Readable } from 'node:stream'

/** Milliseconds for an answer. */
const PATIENCE = 30_000
/** Characters of an answer: some files of 32 MiB in base64. */
const MAX_ANSWER = 2 ** 28

/**
 * Reads an answer from a stream that goes on: a line, and an empty line behind it. Throws if the stream ends, if there is no
 * line before the empty one, or if it takes too long.
 */
export function firstLine(stream: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let length = 0
    const finish = (error?: Error) => {
      clearTimeout(timer)
      stream.off('data', take).off('end', end)
      stream.pause()
      const text = Buffer.concat(parts).toString('utf8')
      if (error !== undefined) reject(error)
      else if (text.startsWith('\n')) reject(new Error('there was no answer'))
      else resolve(text.slice(0, text.indexOf('\n')))
    }
    const take = (bytes: Buffer) => {
      parts.push(bytes)
      length += bytes.length
      if (length > MAX_ANSWER) finish(new Error('the answer is too long'))
      else if (isWhole(parts, length)) finish()
    }
    const end = () => finish(new Error('nobody is there to answer'))
    const timer = setTimeout(
      () => finish(new Error(`there was no answer for ${PATIENCE / 1000} s`)),
      PATIENCE,
    )
    stream.on('data', take).on('end', end).resume()
  })
}

/** Whether an empty line ends it; it may come in parts. */
function isWhole(parts: readonly Buffer[], length: number): boolean {
  const last = Buffer.concat(parts.slice(-2)).subarray(-2).toString('latin1')
  return last === '\n\n' || (length === 1 && last === '\n')
}
