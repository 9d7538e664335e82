import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { nativeMissing } from '../../support/udp/udp-backends.js'

const SCRIPT = fileURLToPath(new URL('small-mtu.mjs', import.meta.url))
const COUNT = 10

interface Exchange {
  readonly host: string
  readonly size: number
  /** Length and first byte of each datagram. */
  readonly arrived: readonly [number, number][]
  /** Length of each answer, and whether it came from where the question went. */
  readonly answers: readonly [number, boolean][]
  /** Whether two datagrams that may not be cut were taken, and how many came of them. */
  readonly whole: boolean
  readonly wholeArrived: number
  readonly drops: Readonly<Record<string, number>>
}

/** Why there can be no namespace, or undefined where there can. */
function obstacle(): string | undefined {
  if (nativeMissing !== undefined) return nativeMissing
  try {
    execFileSync('unshare', ['--net', 'ip', 'link'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'it needs root, unshare and ip'
  }
}

const missing = obstacle()

describe.skipIf(missing)(`native UDP where the MTU is 1280 (${missing ?? 'in a namespace'})`, () => {
  it('carries datagrams below and above the MTU, those above in fragments unless they must be whole', () => {
    const output = execFileSync('unshare', ['--net', process.execPath, SCRIPT], { encoding: 'utf8' })
    const exchanges = JSON.parse(output) as Exchange[]
    expect(exchanges.map(({ host, size }) => `${host} ${size}`)).toEqual(
      ['127.0.0.5', '[fd00::2]'].flatMap((host) => [1200, 1400, 3000].map((size) => `${host} ${size}`)),
    )
    for (const { size, arrived, answers, whole, wholeArrived, drops } of exchanges) {
      expect(arrived).toEqual(Array.from({ length: COUNT }, (_, index) => [size, index]))
      expect(answers).toEqual(Array(COUNT).fill([size, true]))
      expect([whole, wholeArrived]).toEqual(size < 1280 ? [true, 2] : [false, 0])
      expect(drops).toEqual({ oversized: 0, overflow: 0, unsent: 0, truncated: 0 })
    }
  })
})
