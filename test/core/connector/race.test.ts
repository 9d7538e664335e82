import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { DialWait, Link } from '../../../src/core/api/transport.js'
import { Connector } from '../../../src/core/connector/connector.js'
import { MOST_AT_ONCE, PATIENCE } from '../../../src/core/connector/race.js'
import { Peer } from '../../../src/core/peers/peers.js'
import { failure } from '../../../src/core/reasons/reason.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { silentSessions } from '../../support/core/silent-sessions.js'
import { pass } from '../../support/netsim/pass.js'

/** What becomes of a dial of an endpoint. */
interface Fate {
  /** Milliseconds of each step before the last. */
  readonly steps: readonly number[]
  /** Milliseconds of the last step, and how it ends; some transports open a link even if nobody waits any more. */
  readonly last: number
  readonly ends: 'opens' | 'opens whatever' | 'fails' | 'hangs'
  /** Milliseconds from an open link to its proof; undefined: it never comes. */
  readonly proof: number | undefined
}

interface Way {
  readonly url: string
  readonly logins: readonly string[]
  /** Of one dial after another; the last one stays. */
  readonly fates: readonly Fate[]
}

const HANGS: Fate = { steps: [], last: 0, ends: 'hangs', proof: undefined }
const ANSWERS: Fate = { steps: [], last: 10, ends: 'opens', proof: 10 }
const way = (url: string, fates: Fate | readonly Fate[], logins: readonly string[] = []): Way => ({
  ...{ url, logins },
  fates: [fates].flat(),
})

/** A connector whose endpoints do as they are told, and what it must never do. */
function race(ways: readonly Way[]) {
  const clock = new VirtualClock(0)
  const peer = new Peer('far')
  const endpoints = ways.map(({ url }) => new URL(url))
  const logins = (endpoint: URL) => ways[endpoints.indexOf(endpoint)]!.logins
  const dials = ways.map(() => 0)
  const open = new Set<FakeLink>()
  /** Dials that neither ended nor were called off. */
  const dialling = new Set<URL>()
  const broken: string[] = []
  const log: string[] = []
  let used: Link | undefined
  const look = () => {
    const tried = peer.attempts.map(({ endpoint }) => endpoint)
    if (tried.length > MOST_AT_ONCE) broken.push(`${tried.length} at once`)
    if (new Set(tried).size < tried.length) broken.push('one endpoint twice')
    const told = tried.flatMap(logins)
    if (new Set(told).size < told.length) broken.push('two at a proxy that asks for a login')
  }
  const dial = (endpoint: URL, wait: DialWait) =>
    new Promise<Link>((resolve, reject) => {
      const index = endpoints.indexOf(endpoint)
      const { fates } = ways[index]!
      const { ends, last, proof, steps } = fates[Math.min(dials[index]!, fates.length - 1)]!
      dials[index]!++
      dialling.add(endpoint)
      look()
      const end = (work: () => void) => {
        dialling.delete(endpoint)
        work()
      }
      wait.signal.addEventListener('abort', () => {
        if (ends !== 'opens whatever') end(() => reject(failure('connect-refused')))
        else dialling.delete(endpoint)
      })
      const opens = () => {
        const link = new FakeLink(`${endpoint.href}#${dials[index]}`, endpoint.protocol !== 'udp:')
        const close = link.close.bind(link)
        open.add(link)
        link.close = () => {
          open.delete(link)
          return close()
        }
        end(() => resolve(link))
        if (proof !== undefined) {
          clock.schedule(proof, () => {
            if (open.has(link)) connector.onAuthenticated(link, [], clock.now())
          })
        }
      }
      let at = 0
      for (const [number, step] of steps.entries()) {
        at += step
        clock.schedule(at, () => wait.step(`step ${number}`))
      }
      clock.schedule(at + last, () => {
        if (wait.signal.aborted && ends !== 'opens whatever') return
        if (ends === 'fails') end(() => reject(failure('connect-refused')))
        else if (ends !== 'hangs') opens()
      })
    })
  const line = (message: string, fields: object = {}) => log.push(`${message} ${JSON.stringify(fields)}`)
  const connector: Connector = new Connector({
    ...{ peer, clock, endpoints, dial, logins },
    traits: ({ protocol }) => ({ kind: protocol === 'udp:' ? 'datagram' : 'stream' }),
    sessions: { ...silentSessions, probe: (_peer, id) => Uint8Array.of(2, id), live: () => true },
    keepalive: () => [],
    use: (link) => {
      used = link
    },
    run: (work) => {
      work()
      look()
    },
    log: { debug() {}, info: line, warn: line, error: line },
    random: () => 0.5,
  })
  return {
    ...{ clock, peer, dials, open, dialling, broken, log, connector },
    used: () => used,
    pass: (milliseconds: number) => pass(clock, milliseconds),
    start() {
      void connector.start()
    },
    tried: () => peer.attempts.map(({ endpoint, name }) => `${endpoint.protocol} ${name}`),
  }
}

describe('Endpoints tried side by side', () => {
  it.each([
    ['udp://a', 'wss://b'],
    ['tcp://a', 'udp://b'],
    ['wss://a', 'tcp://b'],
  ])(
    'reach the peer by the second in 3 s and what a healthy start takes if %s is silent, by %s',
    async (a, b) => {
      const { clock, connector, dials, open, pass, start, used } = race([way(a, HANGS), way(b, ANSWERS)])
      start()
      await pass(PATIENCE - 1)
      expect([dials, used()]).toEqual([[1, 0], undefined])
      await pass(1 + 20)
      expect(connector.endpoint?.href).toBe(new URL(b).href)
      expect([...open]).toEqual([used()])
      expect(clock.now()).toBe(PATIENCE + 20)
    },
  )

  it('begin again to count at each step that ends, and with a link that opens', async () => {
    const slow: Fate = { steps: [2_900, 2_900], last: 2_900, ends: 'opens', proof: 2_900 }
    const { dials, pass, start, used } = race([way('wss://a', slow), way('tcp://b', ANSWERS)])
    start()
    await pass(4 * 2_900)
    expect([dials, used()?.remote]).toEqual([[1, 0], 'wss://a/#1'])
  })

  it('are shown both while they go on', async () => {
    const { pass, peer, start, tried } = race([
      way('wss://a', { ...HANGS, steps: [100] }),
      way('tcp://b', { ...ANSWERS, proof: 9_000 }),
    ])
    start()
    await pass(3_200)
    expect(tried()).toEqual(['wss: step 0', 'tcp: handshake'])
    expect(peer.connecting?.endpoint.protocol).toBe('tcp:')
  })

  it('leave a word on the one that did not answer until then', async () => {
    const { log, pass, peer, start } = race([
      way('wss://a', { ...HANGS, steps: [50] }),
      way('tcp://b', ANSWERS),
    ])
    start()
    await pass(3_100)
    const text = "Cannot dial wss://a: 'step 0' was not over in 3 s"
    expect([...peer.failed.values()].map(({ reason }) => reason.text)).toEqual([text])
    expect(log.map((line) => line.replace(/ \{.*"why"/, ' "why"'))).toEqual([
      `endpoint does not answer "why":"${text}","step":"step 0","code":"other"}`,
      'peer is reached "why":"those before it do not answer"}',
    ])
  })

  it('are two and no more: the third has its turn once one of them failed, and the other makes no progress', async () => {
    const { dials, pass, start, used } = race([
      way('tcp://a', { ...HANGS, steps: [10] }),
      way('tcp://b', { ...HANGS, steps: [10] }),
      way('tcp://c', ANSWERS),
    ])
    start()
    await pass(10_000)
    expect(dials).toEqual([1, 1, 0])
    await pass(100)
    expect([dials, used()?.remote]).toEqual([[1, 1, 1], 'tcp://c#1'])
  })

  it('are never two at a proxy that asks for a login, and others are tried before', async () => {
    const at = ['http://proxy:3128']
    const { dials, pass, start } = race([
      way('wss://a', HANGS, at),
      way('wss://b', HANGS, at),
      way('tcp://c', HANGS),
    ])
    start()
    await pass(5_900)
    expect(dials).toEqual([1, 0, 1])
    await pass(200)
    expect(dials).toEqual([1, 1, 1])
  })

  it('prove nothing for each other, though both are UDP', async () => {
    const { connector, pass, start } = race([
      way('udp://a', { steps: [100], last: 4_000, ends: 'opens', proof: undefined }),
      way('udp://b', { ...ANSWERS, steps: [2_700] }),
    ])
    start()
    await pass(6_000)
    expect(connector.endpoint?.href).toBe('udp://b')
  })

  it('end both with the tunnel, and a link that opens after that is closed', async () => {
    const { clock, connector, dialling, open, pass, start } = race([
      way('wss://a', HANGS),
      way('tcp://b', { steps: [], last: 2_000, ends: 'opens whatever', proof: 5 }),
    ])
    start()
    await pass(4_000)
    expect(dialling.size).toBe(2)
    await connector.stop()
    expect(dialling.size).toBe(0)
    await pass(10_000)
    expect([open.size, clock.pending]).toEqual([0, 0])
  })

  const milliseconds = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 12_000 }))
  const fates: fc.Arbitrary<Fate> = fc.record({
    steps: fc.array(milliseconds, { maxLength: 3 }),
    last: milliseconds,
    ends: fc.constantFrom('opens', 'opens whatever', 'fails', 'hangs'),
    proof: fc.option(milliseconds, { nil: undefined }),
  })
  const ways = fc.array(
    fc.record({
      scheme: fc.constantFrom('udp', 'tcp', 'wss'),
      logins: fc.subarray(['proxy one', 'proxy two']),
      fates: fc.array(fates, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  const named = (all: readonly (Omit<Way, 'url'> & { readonly scheme: string })[]) =>
    all.map(({ scheme, ...rest }, number) => ({ url: `${scheme}://host${number}`, ...rest }))
  const events = fc.array(
    fc.record({ at: milliseconds, cause: fc.constantFrom('network' as const, 'reload' as const) }),
    { maxLength: 3 },
  )

  it('are never more than two, nor two at one login, leave one link, and nothing when they are stopped', async () => {
    await fc.assert(
      fc.asyncProperty(ways, events, fc.integer({ min: 0, max: 40_000 }), async (all, hurries, until) => {
        const lab = race(named(all))
        const { broken, clock, connector, dialling, open, pass, peer, start, used } = lab
        for (const { at, cause } of hurries) clock.schedule(at, () => connector.hurry(cause))
        start()
        while (clock.now() < until) {
          await pass(Math.min(500, until - clock.now()))
          // A link in use, one that is proven beside it, and no other.
          const tried = peer.attempts.length
          expect(open.size).toBeLessThanOrEqual(tried + (connector.endpoint === undefined ? 0 : 1))
          if (connector.endpoint !== undefined) expect(open.has(used() as FakeLink)).toBe(true)
        }
        await connector.stop()
        expect([dialling.size, peer.attempts]).toEqual([0, []])
        await pass(60_000)
        expect([open.size, clock.pending, broken]).toEqual([0, 0, []])
      }),
      { numRuns: 200 },
    )
  })
})
