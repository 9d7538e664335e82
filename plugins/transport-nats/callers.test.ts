import type { Link } from 'qanat'
import { describe, expect, it } from 'vitest'
import { Callers } from './callers.js'
import type { Cluster } from './cluster.js'
import { handlers } from './nats-lab.js'

/** As many links as are kept. */
const KEPT = 2_048

describe('the links of callers', () => {
  it('are as many as are kept at the most, and a caller that lost its place gets a new one', async () => {
    const { call, callers } = listening()
    const first = await call(nameOf(0))
    for (let number = 1; number < KEPT; number++) await call(nameOf(number))
    expect(await call(nameOf(0))).toBe(first)
    await call(nameOf(KEPT))
    expect(await call(nameOf(KEPT))).toBe(callers.linkOf(nameOf(KEPT)))
    const again = await call(nameOf(0))
    expect(again).not.toBe(first)
    expect(again!.remote).toBe(first!.remote)
  })

  it.each(['short', 'a name of its own', 'x'.repeat(17), '****************'])(
    'are none of a caller that calls itself %s',
    async (name) => {
      const { call } = listening()
      expect(await call(name)).toBeUndefined()
    },
  )

  it('end one by one: what a receiver throws costs the link by which it came', async () => {
    const ended: Link[] = []
    const bug = new Error('a bug')
    const { call, callers } = listening({
      receive() {
        throw bug
      },
      closed: (link, error) => void (error === bug && ended.push(link)),
    })
    const [one, other] = [callers.linkOf(nameOf(1)), callers.linkOf(nameOf(2))]
    await call(nameOf(1))
    expect(ended).toEqual([one])
    expect(callers.linkOf(nameOf(1))).not.toBe(one)
    expect(callers.linkOf(nameOf(2))).toBe(other)
  })
})

/** A subject that somebody listens to, without a server. */
function listening(some: Parameters<typeof handlers>[0] = {}) {
  let heard: Link | undefined
  const cluster = { writable: true } as Cluster
  const told = handlers({
    receive(link) {
      heard = link
    },
    ...some,
  })
  const callers = new Callers({ cluster, subject: 'tests', remote: 'nats://192.0.2.1:4222', handlers: told })
  /** The link by which a caller is heard. */
  const call = async (name: string) => {
    heard = undefined
    callers.take({ subject: `tests.${name}.up`, data: Uint8Array.of(1) } as Parameters<Callers['take']>[0])
    await Promise.resolve()
    return heard as Link | undefined
  }
  return { call, callers }
}

function nameOf(number: number): string {
  return String(number).padStart(16, '0')
}
