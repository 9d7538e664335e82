import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Sessions } from '../../../src/core/api/cipher.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { DialWait, Link } from '../../../src/core/api/transport.js'
import { Attempt, type Purpose } from '../../../src/core/connector/attempt.js'
import { Peer } from '../../../src/core/peers/peers.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { pass } from '../../support/netsim/pass.js'

const INITIATION = Uint8Array.of(1)

interface Options {
  readonly endpoint?: string
  readonly purpose?: Purpose
  /** Whether there is a session whose peer answers probes. */
  readonly session?: boolean
  /** Whether the cipher has trials: datagrams of their id. How many it refuses at first. */
  readonly trials?: { refused: number }
  /** Whether the cipher proves nothing. */
  readonly proofless?: boolean
  readonly peer?: Peer
}

/** An attempt whose dialling ends as a test says. Probes are datagrams of their id. */
function attempt({
  endpoint = 'tcp://far',
  purpose = 'search',
  session = true,
  trials,
  proofless,
  peer = new Peer('far'),
}: Options = {}) {
  const clock = new VirtualClock(0)
  const story: string[] = []
  const ids: number[] = []
  const failures: string[] = []
  let signal!: AbortSignal
  let step!: DialWait['step']
  let dialled!: { resolve(link: Link): void; reject(error: unknown): void }
  const tried: string[] = []
  const sessions: Sessions = {
    trials: trials && {
      begin(_peer, id, beside) {
        if (trials.refused-- > 0) return undefined
        ids.push(id)
        tried.push(`begin ${ids.length - 1}${beside ? ' beside' : ''}`)
        return Uint8Array.of(1, id)
      },
      adopt: () => [],
      leave: () => undefined,
      drop: (_peer, id) => void tried.push(`drop ${ids.indexOf(id)}`),
    },
    envelope: 0,
    initiate: () => [INITIATION],
    probe(_peer, id) {
      if (!session) return undefined
      ids.push(id)
      return Uint8Array.of(0, id)
    },
    live: () => session,
    takesSuperPackets: () => false,
  }
  const parts = {
    peer,
    clock,
    log: silentLogger,
    traits: ({ protocol }: URL) => ({
      kind: protocol === 'udp:' ? ('datagram' as const) : ('stream' as const),
    }),
    sessions: proofless ? undefined : sessions,
    run(work: () => void) {
      try {
        work()
      } catch (thrown) {
        failures.push(String(thrown))
      }
    },
    dial: (_endpoint: URL, wait: DialWait) => {
      signal = wait.signal
      step = wait.step
      return new Promise<Link>((resolve, reject) => {
        dialled = { resolve, reject }
      })
    },
  }
  const started = new Attempt(parts, new URL(endpoint), purpose, {
    opened: () => story.push('opened'),
    succeeded: (_link, trial) =>
      story.push(`succeeded${trial === undefined ? '' : ` by ${ids.indexOf(trial)}`}`),
    failed: (error) => story.push(`failed: ${error.message}`),
  })
  return {
    started,
    clock,
    story,
    ids,
    failures,
    tried,
    dialled,
    signal,
    step,
    peer,
    pass: (milliseconds: number) => pass(clock, milliseconds),
    async open(link = new FakeLink('fake://far', true)) {
      dialled.resolve(link)
      await pass(clock, 0)
      return link
    },
  }
}

describe('Attempt', () => {
  it('probes a new link at once and starts handshakes from 500 ms on', async () => {
    const { open, pass, ids, story } = attempt()
    const link = await open()
    expect(link.sent).toEqual([Uint8Array.of(0, ids[0]!)])
    await pass(499)
    expect(link.sent).toHaveLength(1)
    await pass(1)
    expect(link.sent[1]).toEqual(INITIATION)
    await pass(2_000) // one more after 1 s; the next comes 2 s later, so that a slow path can answer this one
    expect(link.sent).toHaveLength(3)
    expect(story).toEqual(['opened'])
  })

  it('starts a handshake at once where there is no session', async () => {
    const { open, story, started, clock } = attempt({ session: false })
    const link = await open()
    expect(link.sent).toEqual([INITIATION])
    started.onAuthenticated(link, [])
    expect(story).toEqual(['opened', 'succeeded'])
    expect(clock.pending).toBe(0)
  })

  it('takes an open link where nothing can be proven', async () => {
    const { open, story, clock } = attempt({ proofless: true })
    expect((await open()).sent).toEqual([])
    expect(story).toEqual(['opened', 'succeeded'])
    expect(clock.pending).toBe(0)
  })

  it('takes what comes by another UDP address, but by no other stream', async () => {
    for (const stream of [false, true]) {
      const { open, started, story } = attempt()
      await open(new FakeLink('fake://far', stream))
      started.onAuthenticated(new FakeLink('fake://other', stream), [])
      started.onAuthenticated(new FakeLink('fake://other', !stream), [])
      expect(story).toEqual(stream ? ['opened'] : ['opened', 'succeeded'])
    }
  })

  it.each([
    ['udp://far', 3_000],
    ['tcp://far', 6_000],
  ])('fails to open %s after a while, and gives up dialling', async (endpoint, limit) => {
    const { pass, story, signal, clock } = attempt({ endpoint })
    await pass(limit - 1)
    expect([story, signal.aborted]).toEqual([[], false])
    await pass(1)
    expect(story).toEqual([`failed: no answer from ${endpoint} in ${limit / 1_000} s: not reached`])
    expect([signal.aborted, clock.pending]).toEqual([true, 0])
  })

  it('fails where nothing authentic comes, closes the link, and says what may be wrong', async () => {
    const { open, pass, story, clock } = attempt()
    const link = await open()
    await pass(4_999)
    expect(story).toEqual(['opened'])
    await pass(1)
    expect(story[1]).toBe(
      'failed: no answer from tcp://far in 5 s: it took the connection; wrong key, or does another program listen there?',
    )
    expect([link.closes, clock.pending]).toEqual([1, 0])
  })

  it('has the peer tell what it waits for, and nothing once it is over', async () => {
    const { open, peer, step, started } = attempt()
    const waitsFor = () => peer.connecting && [peer.connecting.endpoint.href, peer.connecting.name]
    expect(waitsFor()).toEqual(['tcp://far', 'dial'])
    step('tls')
    expect(waitsFor()).toEqual(['tcp://far', 'tls'])
    const link = await open()
    expect(waitsFor()).toEqual(['tcp://far', 'handshake'])
    started.onAuthenticated(link, [])
    expect(waitsFor()).toBe(undefined)
  })

  it.each(['the first', 'the second'])('has the peer tell what goes on if %s of two ends', async (which) => {
    const peer = new Peer('far')
    const attempts = ['tcp://one', 'tcp://two'].map((endpoint) => attempt({ endpoint, peer }))
    const [first, second] = attempts as [(typeof attempts)[0], (typeof attempts)[0]]
    const told = () => peer.connecting && [peer.connecting.endpoint.href, peer.connecting.name]
    expect(told()).toEqual(['tcp://two', 'dial'])
    first.step('tls')
    expect(told()).toEqual(['tcp://one', 'tls'])
    const [ends, goesOn] = which === 'the first' ? [first, second] : [second, first]
    await ends.started.cancel()
    expect(told()).toEqual(goesOn === first ? ['tcp://one', 'tls'] : ['tcp://two', 'dial'])
    await goesOn.started.cancel()
    expect(told()).toBe(undefined)
  })

  it('aborts a dial with what it fails by', async () => {
    const { pass, step, signal, story } = attempt()
    step('connect', 9_000)
    await pass(9_000)
    expect(story).toEqual([`failed: ${signal.reason.message}`])
    expect(signal.reason).toMatchObject({ code: 'ERR_TRANSPORT_DIAL' })
  })

  it('gives up silently even if it waits for a step', async () => {
    const { clock, peer, started, step, story } = attempt()
    step('tls')
    await started.cancel()
    clock.advance(60_000)
    expect([story, peer.connecting, clock.pending]).toEqual([[], undefined, 0])
  })

  it('fails where dialling fails, whatever is thrown', async () => {
    const { dialled, pass, story, clock } = attempt()
    dialled.reject('no error')
    await pass(0)
    expect(story).toEqual(['failed: no error'])
    expect(clock.pending).toBe(0)
  })

  it('fails where its link ends, and only its link', async () => {
    const { open, started, story, clock } = attempt()
    const link = await open()
    started.closed(new FakeLink('fake://far', true), new Error('other'))
    started.closed(link, new Error('reset'))
    started.closed(link, undefined)
    expect(story).toEqual(['opened', 'failed: reset'])
    expect(clock.pending).toBe(0)
  })

  it('fails where its link ended before it came to know it', async () => {
    const { open, started, story, clock } = attempt({ proofless: true })
    const link = new FakeLink('fake://far', true)
    started.closed(link, undefined)
    await open(link)
    expect(story).toEqual(['failed: the far end closed the connection before it proved to be the peer'])
    expect(clock.pending).toBe(0)
  })

  it('leaves no timer where its link ends by the first thing that is sent', async () => {
    for (const session of [true, false]) {
      const { open, started, story, clock } = attempt({ session })
      const link = new FakeLink('fake://far', true)
      link.onSend = () => started.closed(link, new Error('broken pipe'))
      await open(link)
      expect(story).toEqual(['opened', 'failed: broken pipe'])
      expect(clock.pending).toBe(0)
    }
  })

  it('does not abort a signal whose link is in use', async () => {
    const { open, started, signal } = attempt()
    started.onAuthenticated(await open(), [])
    expect(signal.aborted).toBe(false)
  })

  it('closes what opens after it was cancelled, and tells nobody', async () => {
    const { open, started, story, signal, clock } = attempt()
    await started.cancel()
    expect([signal.aborted, clock.pending]).toEqual([true, 0])
    const link = await open()
    expect([link.closes, link.sent, story]).toEqual([1, [], []])
  })

  it('closes its link when it is cancelled, once, and is deaf then', async () => {
    const { open, started, story, clock } = attempt()
    const link = await open()
    await started.cancel()
    await started.cancel()
    started.onAuthenticated(link, [])
    started.closed(link, undefined)
    expect([link.closes, story, clock.pending]).toEqual([1, ['opened'], 0])
  })

  it('lets a link that throws end the tunnel', async () => {
    const { open, failures } = attempt()
    const link = new FakeLink('fake://far', true)
    link.onSend = () => {
      throw new Error('send threw')
    }
    await open(link)
    expect(failures).toEqual(['Error: send threw'])
  })
})

describe('Attempt by a cipher with trials', () => {
  it('is proven by the answer to its own handshake and by nothing else that is authentic', async () => {
    const { open, started, story, ids, tried, clock } = attempt({ session: false, trials: { refused: 0 } })
    const link = await open()
    expect(link.sent).toEqual([Uint8Array.of(1, ids[0]!)])
    started.onAuthenticated(link, [])
    started.onAuthenticated(link, [9_999])
    expect(story).toEqual(['opened'])
    started.onAuthenticated(link, [ids[0]!])
    expect(story).toEqual(['opened', 'succeeded by 0'])
    expect([tried, clock.pending]).toEqual([['begin 0'], 0])
  })

  it('is proven by the answer to its own probe if there is a session', async () => {
    const { open, started, story, ids, tried } = attempt({ trials: { refused: 0 } })
    const link = await open()
    started.onAuthenticated(link, [])
    expect(story).toEqual(['opened'])
    started.onAuthenticated(link, [ids[0]!])
    expect([story, tried]).toEqual([['opened', 'succeeded'], []])
  })

  it('takes no answer by another stream, and any UDP address for one carrier', async () => {
    const far = attempt({ session: false, trials: { refused: 0 } })
    await far.open()
    far.started.onAuthenticated(new FakeLink('fake://other', true), [far.ids[0]!])
    expect(far.story).toEqual(['opened'])
    const near = attempt({ endpoint: 'udp://far', session: false, trials: { refused: 0 } })
    await near.open(new FakeLink('fake://far', false))
    near.started.onAuthenticated(new FakeLink('fake://other', false), [near.ids[0]!])
    expect(near.story).toEqual(['opened', 'succeeded by 0'])
  })

  it('begins each handshake before it forgets the last, and forgets all in the end', async () => {
    const { open, started, story, tried, ids, pass } = attempt({
      purpose: 'renewal',
      session: false,
      trials: { refused: 0 },
    })
    const link = await open()
    await pass(1_000)
    expect(tried).toEqual(['begin 0 beside', 'begin 1 beside', 'drop 0'])
    started.onAuthenticated(link, [ids[0]!]) // too late: the far end knows the newer one alone
    expect(story).toEqual(['opened'])
    await started.cancel()
    expect(tried.at(-1)).toBe('drop 1')
  })

  it('asks again soon for a handshake that may not begin yet', async () => {
    const { open, tried, pass } = attempt({ session: false, trials: { refused: 2 } })
    const link = await open()
    await pass(99)
    expect(tried).toEqual([])
    await pass(1)
    expect(tried).toEqual(['begin 0'])
    expect(link.sent.filter(({ length }) => length > 0)).toHaveLength(1)
  })
})

describe('Attempt to return', () => {
  it('takes three probes in a row that were answered, and starts no handshake', async () => {
    const { open, started, story, ids, pass } = attempt({ purpose: 'return' })
    const link = await open()
    started.onAuthenticated(link, [])
    for (const turn of [0, 1, 2]) {
      expect(story).toEqual(['opened'])
      started.onAuthenticated(link, [ids[turn]!])
      started.onAuthenticated(link, [9_999])
      if (turn < 2) await pass(500)
    }
    expect(story).toEqual(['opened', 'succeeded'])
    expect(link.sent.map((datagram) => datagram.length)).toEqual([2, 2, 2])
  })

  it('starts counting again where one in between stays unanswered', async () => {
    const { open, started, story, ids, pass } = attempt({ purpose: 'return' })
    const link = await open()
    await pass(2_500)
    for (const turn of [0, 1, 3, 4]) started.onAuthenticated(link, [ids[turn]!])
    expect(story).toEqual(['opened'])
    started.onAuthenticated(link, [ids[5]!])
    expect(story).toEqual(['opened', 'succeeded'])
  })

  it('takes answers that come late and together', async () => {
    const { open, started, story, ids, pass } = attempt({ purpose: 'return' })
    const link = await open()
    await pass(1_000)
    started.onAuthenticated(link, ids)
    expect(story).toEqual(['opened', 'succeeded'])
  })

  it('fails where there is no session to probe in', async () => {
    const { open, story, pass } = attempt({ purpose: 'return', session: false })
    const link = await open()
    await pass(6_000)
    expect(link.sent).toEqual([])
    expect(story).toHaveLength(2)
  })
})
