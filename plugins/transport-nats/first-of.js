// @ts-check
import { abortedWith } from 'qanat/plugin'

/** Milliseconds that a server has to answer until the next one is tried beside it. RFC 8305 calls that happy eyeballs. */
const HEAD_START = 500

/**
 * @template Made
 * @typedef {object} FirstParts
 * @property {import('qanat').Clock} clock
 * @property {AbortSignal} stop Calls all of it off.
 * @property {(server: string, stop: AbortSignal) => Promise<Made>} attempt Fails once it is called off.
 * @property {(made: Made) => void} discard One that came too late.
 */

/**
 * What an attempt at the first of some servers makes that answers. The next one is tried once one failed, or was silent for a
 * moment; when one succeeds, the others are called off.
 *
 * @template Made
 * @param {readonly string[]} servers
 * @param {FirstParts<Made>} parts
 * @returns {Promise<Made>}
 * @throws {AggregateError} of all failures, in the order of the servers.
 */
export function firstOf(servers, { attempt, clock, discard, stop }) {
  const waiting = [...servers.entries()]
  const settled = new AbortController()
  const until = abortedWith([stop, settled.signal])
  const failures = /** @type {unknown[]} */ ([])
  let failed = 0
  return new Promise((resolve, reject) => {
    /** @type {import('qanat').Timer | undefined} */
    let timer
    const end = () => {
      timer?.cancel()
      until.forget()
    }
    const begin = () => {
      timer?.cancel()
      const next = waiting.shift()
      if (next === undefined) return
      const [index, server] = next
      timer = clock.schedule(HEAD_START, begin)
      attempt(server, until.signal).then(
        (made) => {
          if (settled.signal.aborted) return discard(made)
          settled.abort()
          end()
          resolve(made)
        },
        (thrown) => {
          failures[index] = thrown
          failed++
          if (settled.signal.aborted) return
          begin()
          if (failed < servers.length - waiting.length) return
          end()
          reject(new AggregateError(failures))
        },
      )
    }
    begin()
  })
}
