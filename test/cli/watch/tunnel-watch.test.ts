import { describe, expect, it } from 'vitest'
import type { ReportedPeer, RunStatus } from '../../../src/cli/status/report.js'
import { changeText } from '../../../src/cli/watch/change-text.js'
import { type Change, TunnelWatch } from '../../../src/cli/watch/tunnel-watch.js'

const FILE = '/etc/qanat/client.toml'
const WSS = 'wss://vpn.example.org/door'
const TCP = 'tcp://vpn.example.org:443'
const ATTEMPT = {
  ...{ step: 'tls', code: 'certificate-expired', why: 'its certificate has expired' },
  ...{ remedy: 'Renew it', endpoint: WSS, at: '2026-11-29T12:00:00.000Z', next: null },
}

/** A peer that is reached, as a status has it, with what matters here. */
function peerWith(fields: Partial<ReportedPeer> = {}): ReportedPeer {
  const reached = { name: 'hub', id: 'KEY', remote: '192.0.2.1', endpoint: WSS, state: 'online' }
  return { ...reached, why: 'it comes first', endpoints: [WSS, TCP], attempts: [], ...fields } as ReportedPeer
}

const AWAY = { remote: null, endpoint: null } as const

/** Looks at one tunnel, a second after the look before. */
class Looks {
  readonly #watch = new TunnelWatch()
  #now = 0

  /** Sentences of what changed; without peers it did not answer. */
  at(peers: readonly ReportedPeer[] | undefined, more: Partial<RunStatus> = {}): string[] {
    const status = peers && ({ peers, ...more } as RunStatus)
    return this.#look([{ file: FILE, pid: 7, status }]).map(changeText)
  }

  /** It runs no more. */
  none(): Change[] {
    return this.#look([])
  }

  /** Another one runs, too. */
  both(peers: readonly ReportedPeer[]): string[] {
    const status = { peers } as RunStatus
    const second = { file: '/etc/qanat/second.toml', pid: 8, status }
    return this.#look([{ file: FILE, pid: 7, status }, second]).map(changeText)
  }

  #look(seen: Parameters<TunnelWatch['look']>[0]): Change[] {
    this.#now += 1_000
    return this.#watch.look(seen, this.#now)
  }
}

describe('who watches a tunnel', () => {
  it('is told that it is connected once, and nothing of what was so before', () => {
    const looks = new Looks()
    expect(looks.at([peerWith()])).toEqual([])
    expect(looks.both([peerWith()])).toEqual([`second: hub is connected, by ${WSS}`])
    expect(looks.both([peerWith()])).toEqual([])
    const fresh = new Looks()
    expect(fresh.at([peerWith(AWAY)])).toEqual([])
    expect(fresh.at([peerWith()])).toEqual([`client: hub is connected, by ${WSS}`])
    expect(fresh.at([peerWith({ roundTrip: 3 })])).toEqual([])
  })

  it('is told that it is lost, with the cause, once it is not back for 3 s', () => {
    const looks = new Looks()
    const away = [peerWith({ ...AWAY, attempts: [{ ...ATTEMPT, at: '2026-11-29T11:00:00.000Z' }, ATTEMPT] })]
    looks.at([peerWith()])
    expect([looks.at(away), looks.at(away), looks.at(away)]).toEqual([[], [], []])
    expect(looks.at(away)).toEqual(['client: hub is lost: its certificate has expired'])
    expect(looks.at(away)).toEqual([])
    looks.at([peerWith()])
    expect([looks.at(away), looks.at([peerWith()]), looks.at([peerWith()])]).toEqual([[], [], []])
  })

  it('is told of a second cause of an outage, and of no third one, nor of the first one again', () => {
    const looks = new Looks()
    const because = (code: string) => [peerWith({ ...AWAY, attempts: [{ ...ATTEMPT, code, why: code }] })]
    looks.at([peerWith()])
    for (let look = 0; look < 3; look++) looks.at(because('closed'))
    expect(looks.at(because('closed'))).toEqual(['client: hub is lost: closed'])
    expect(looks.at(because('expired'))).toEqual(['client: hub is not reached: expired'])
    expect([looks.at(because('closed')), looks.at(because('refused'))]).toEqual([[], []])
  })

  it('is told at first why a peer that it dials is not reached, and not of one that it waits for', () => {
    const attempts = [ATTEMPT]
    expect(new Looks().at([peerWith({ ...AWAY, attempts })])).toEqual([
      'client: hub is not reached: its certificate has expired',
    ])
    expect(new Looks().at([peerWith({ ...AWAY, attempts, endpoints: [] })])).toEqual([])
  })

  it('is told that a peer over UDP is lost by its goodbye or its silence', () => {
    const looks = new Looks()
    looks.at([peerWith()])
    const after = (fields: Partial<ReportedPeer>) => {
      const gone = [peerWith({ state: 'offline', ...fields })]
      return [1, 2, 3, 4].flatMap(() => looks.at(gone))
    }
    expect(after({ saidGoodbye: true })).toEqual(['client: hub is lost: it said goodbye'])
    expect(looks.at([peerWith()])).toEqual([`client: hub is connected, by ${WSS}`])
    expect(after({})).toEqual(['client: hub is lost: nothing comes from it any more'])
  })

  it('is told where the peer is reached instead', () => {
    const looks = new Looks()
    looks.at([peerWith()])
    expect(looks.at([peerWith({ endpoint: TCP })])).toEqual([`client: hub is reached by ${TCP} now`])
    expect(looks.at([peerWith({ endpoint: TCP })])).toEqual([])
    expect(looks.at([peerWith({ endpoint: null })])).toEqual([]) // the peer chooses
    expect(looks.at([peerWith()])).toEqual([`client: hub is reached by ${WSS} now`])
  })

  it('is told of a login page in place of what fails for it', () => {
    const looks = new Looks()
    const portal = {
      ...{ step: 'portal', code: 'portal-page', why: 'a login page seems to be in the way', remedy: null },
      ...{ since: '', host: 'vpn.example.org:443', url: null },
    }
    const away = [peerWith({ ...AWAY, attempts: [ATTEMPT] })]
    expect(looks.at(away, { portal })).toEqual(['client: a login page seems to be in the way'])
    expect(looks.at(away, { portal })).toEqual([])
    expect(looks.at([peerWith()], { portal: null })).toEqual([`client: hub is connected, by ${WSS}`])
    expect(looks.at(away, { portal })).toHaveLength(1)
  })

  it('is told of the end, and of nothing by one that does not answer for a moment', () => {
    const looks = new Looks()
    looks.at([peerWith()])
    for (let look = 0; look < 9; look++) expect(looks.at(undefined)).toEqual([])
    const [ended, ...more] = looks.none()
    expect(more).toEqual([])
    expect(ended).toMatchObject({ kind: 'ended', file: FILE, peer: null })
    expect(looks.none()).toEqual([])
  })
})
