import { expect, it } from 'vitest'
import { RecordingLogger } from '../../../src/conformance/kit/recording-logger.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { TransportError } from '../../../src/core/api/errors.js'
import { PortalWatch, type Probe, type ProbeAnswer } from '../../../src/core/portal/portal-watch.js'
import { codeOf, Failure, type PortalReason, reason, toldReason } from '../../../src/core/reasons/reason.js'
import { turns } from '../../support/eventually.js'

const [A, B] = [new URL('ws://a.example:8080/'), new URL('ws://b.example/')]
const PAGE = 'http://portal.example/?mac=1'
const REDIRECT: PortalReason = {
  ...reason('portal-redirect', { asked: 'the upgrade', host: 'portal.example' }),
  page: PAGE,
}
const REFUSED = reason('connect-refused')

it('tells of a login page from the first answer of its kind on', () => {
  const { clock, fails, watch } = watched()
  expect(watch.portal).toBeUndefined()
  const since = clock.now()
  fails(A, REDIRECT)
  clock.advance(5)
  fails(A, { ...REDIRECT, page: `${PAGE}2` })
  fails(B, reason('portal-status', { asked: 'a post' }))
  expect(watch.portal).toMatchObject({
    since,
    host: 'a.example:8080',
    page: `${PAGE}2`,
    reason: { code: 'portal-redirect' },
  })
})

it('tells of none once each endpoint that told of it fails by something else', () => {
  const { fails, log, watch } = watched()
  fails(A, REDIRECT)
  fails(B, REDIRECT)
  fails(A, REFUSED)
  expect(watch.portal).toMatchObject({ host: 'b.example' })
  fails(B, REFUSED)
  expect(watch.portal).toBeUndefined()
  expect(log.lines).toEqual([
    expect.stringMatching(
      /^a login page is in the way .*"page":"http:\/\/portal.example".*"code":"portal-redirect"/,
    ),
    'no login page is in the way any more {"why":"connection refused"}',
  ])
})

it('tells of none while a peer is reached, and after an end', () => {
  let isReached = true
  const { fails, log, watch } = watched(() => isReached)
  fails(A, REDIRECT)
  expect(watch.portal).toBeUndefined()
  isReached = false
  fails(A, REDIRECT)
  watch.end('a peer answers')
  watch.end('a peer answers')
  expect(watch.portal).toBeUndefined()
  expect(log.messages('warn')).toHaveLength(1)
  expect(log.messages('info')).toHaveLength(1)
})

it('finds the address below the error of a dial', () => {
  const { watch } = watched()
  const below = new Failure(REDIRECT).by(new Error('socket'))
  const error = new Error('Cannot dial', { cause: below })
  watch.failed(A, error, toldReason(below, 'upgrade'))
  expect(watch.portal?.page).toBe(PAGE)
})

const CERTIFICATE = "its certificate is signed by 'CN=box', which is not trusted here"

it('takes another certificate for that of a login page shortly after the peer was reached, and says no pin', () => {
  const { clock, fails, watch } = watched()
  const peer = { remote: undefined, since: clock.now() + 1 }
  const refused = (code: string, text: string) =>
    new TransportError(`Cannot dial: ${text}`, {
      ...{ code: 'ERR_TRANSPORT_DIAL', reason: code, cause: new Failure({ code, text }) },
    })
  const untrusted = refused('certificate-untrusted', CERTIFICATE)
  const selfSigned = refused('certificate-self-signed', 'trust it, or pin its key')
  clock.advance(2)
  expect(watch.judged(peer, A, untrusted)).toMatchObject({
    reason: 'portal-certificate',
    message: `Cannot dial ws://a.example:8080: a login page may be in the way: somebody else's certificate came in place of the server's: ${CERTIFICATE}, and the peer was reached before`,
  })
  expect(watch.judged(peer, A, selfSigned)).toMatchObject({
    message: expect.stringMatching(/: its certificate is signed by itself, and the peer was reached before$/),
  })
  // Neither one that is reached now, nor one that never was, nor what expired.
  expect(watch.judged({ ...peer, remote: 'udp://far' }, A, untrusted)).toBe(untrusted)
  expect(watch.judged({ remote: undefined, since: undefined }, A, untrusted)).toBe(untrusted)
  const expired = refused('certificate-expired', 'it expired')
  expect(watch.judged(peer, A, expired)).toBe(expired)
  clock.advance(3_600_000)
  expect(watch.judged(peer, A, untrusted)).toBe(untrusted)
  // Once a login page is seen there, its certificate stays one of it, however long that takes.
  fails(A, reason('portal-certificate', { why: CERTIFICATE }))
  expect(watch.judged(peer, A, untrusted)).toMatchObject({ reason: 'portal-certificate' })
  watch.reconfigured()
  expect(watch.judged({ ...peer, since: clock.now() }, A, untrusted)).toBe(untrusted)
})

it('takes what it knows of a host for true of each peer there', () => {
  const { clock, fails, there, watch } = watched()
  const never = { remote: undefined, since: undefined }
  const refused = new TransportError(`Cannot dial: ${CERTIFICATE}`, {
    ...{ code: 'ERR_TRANSPORT_DIAL', reason: 'certificate-untrusted' },
    cause: new Failure({ code: 'certificate-untrusted', text: CERTIFICATE }),
  })
  const judged = (endpoint: URL) => {
    const error = watch.judged(never, endpoint, refused)
    return [codeOf(error), /, and ([^,]*)$/.exec(String(error))?.[1]]
  }
  const believed = ['certificate-untrusted', undefined]
  const [one, other] = [new URL('wss://a.example/one'), new URL('wss://a.example:444/other')]
  clock.advance(2)
  there['a.example'] = [{ remote: undefined, since: clock.now() }]
  clock.advance(2)
  expect(judged(one)).toEqual(['portal-certificate', 'another peer was reached there before'])
  expect(judged(B)).toEqual(believed)
  there['a.example'].push({ remote: 'wss://a.example', since: clock.now() })
  expect(judged(one)).toEqual(believed) // it lets another peer pass now
  there['a.example'] = []
  expect(judged(one)).toEqual(believed)
  fails(other, REDIRECT)
  expect(judged(one)).toEqual(['portal-certificate', 'a login page answered there'])
  expect(judged(B)).toEqual(believed)
})

it('asks the probe only while dials fail, at most each 10 s, and goes on while a login page is in the way', async () => {
  const { answer, asked, probe } = probing()
  const { clock, fails, passed, watch } = watched(
    () => false,
    () => probe,
  )
  clock.advance(60_000)
  expect(asked).toHaveLength(0)
  fails(A, REFUSED)
  fails(A, REFUSED)
  expect(asked).toHaveLength(1)
  await answer(undefined)
  expect(watch.portal).toBeUndefined()
  clock.advance(9_999)
  fails(A, REFUSED)
  expect(asked).toHaveLength(1)
  clock.advance(1)
  fails(A, REFUSED)
  await answer(REDIRECT)
  expect(watch.portal).toMatchObject({
    host: 'probe.example',
    page: PAGE,
    reason: { code: 'portal-redirect' },
  })
  expect(clock.pending).toBe(1)
  clock.advance(10_000)
  expect(asked).toHaveLength(3)
  await answer('passes')
  expect(watch.portal).toBeUndefined()
  expect(passed.times).toBe(1)
  expect(clock.pending).toBe(0)
})

it('forgets by a probe that passes what endpoints told before, and believes what they tell again', async () => {
  const { answer, probe } = probing()
  const { clock, fails, log, passed, watch } = watched(
    () => false,
    () => probe,
  )
  fails(A, REDIRECT)
  await answer('passes')
  expect(watch.portal).toBeUndefined()
  for (let turn = 0; turn < 5; turn++) {
    clock.advance(10_000)
    fails(A, REDIRECT)
    await answer('passes')
    expect(watch.portal).toBeDefined()
  }
  expect(passed.times).toBe(1)
  expect(log.messages('warn')).toHaveLength(2)
})

it('counts no answer of a probe once a peer is reached, the network changed, or it is stopped', async () => {
  for (const end of [
    (watch: PortalWatch) => watch.end('the network changed'),
    (watch: PortalWatch) => watch.stop(),
  ]) {
    const { answer, asked, probe } = probing()
    const { clock, fails, watch } = watched(
      () => false,
      () => probe,
    )
    fails(A, REFUSED)
    end(watch)
    expect(asked[0]!.aborted).toBe(true)
    await answer(REDIRECT)
    expect(watch.portal).toBeUndefined()
    expect(clock.pending).toBe(0)
  }
  const { answer, probe } = probing()
  let isReached = false
  const { fails, watch } = watched(
    () => isReached,
    () => probe,
  )
  fails(A, REFUSED)
  isReached = true
  await answer(REDIRECT)
  expect(watch.portal).toBeUndefined()
})

/** A probe whose answers a test gives. */
function probing() {
  const asked: AbortSignal[] = []
  let settle: (answer: ProbeAnswer) => void = () => {}
  const probe: Probe = {
    url: new URL('http://probe.example/'),
    ask(signal) {
      asked.push(signal)
      return new Promise((resolve) => {
        settle = resolve
      })
    },
  }
  const answer = async (given: ProbeAnswer) => {
    settle(given)
    await turns(2)
  }
  return { answer, asked, probe }
}

function watched(isReached = () => false, probe: () => Probe | undefined = () => undefined) {
  const clock = new VirtualClock()
  const log = new RecordingLogger()
  const passed = { times: 0 }
  const passes = () => {
    passed.times++
  }
  const there: Record<string, { remote: string | undefined; since: number | undefined }[]> = {}
  const peersAt = (host: string) => there[host] ?? []
  const watch = new PortalWatch({ clock, log, isReached, peersAt, probe, passes })
  const fails = (endpoint: URL, why: PortalReason) => {
    const error = new Failure(why)
    watch.failed(endpoint, error, toldReason(error, 'upgrade'))
  }
  return { clock, fails, log, passed, there, watch }
}
