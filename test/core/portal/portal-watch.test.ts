import { expect, it } from 'vitest'
import { RecordingLogger } from '../../../src/conformance/kit/recording-logger.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { PortalWatch } from '../../../src/core/portal/portal-watch.js'
import { Failure, type PortalReason, reason, toldReason } from '../../../src/core/reasons/reason.js'

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

function watched(isReached = () => false) {
  const clock = new VirtualClock()
  const log = new RecordingLogger()
  const watch = new PortalWatch({ clock, log, isReached })
  const fails = (endpoint: URL, why: PortalReason) => {
    const error = new Failure(why)
    watch.failed(endpoint, error, toldReason(error, 'upgrade'))
  }
  return { clock, fails, log, watch }
}
