import { describe, expect, it } from 'vitest'
import { TransportError } from '../../../src/core/api/errors.js'
import { codeOf, failure, reason, toldReason } from '../../../src/core/reasons/reason.js'

describe('a reason', () => {
  it('has the sentence of the catalog, filled in', () => {
    expect(reason('proxy-refused', { proxy: 'http://p:3128', answer: '403 {proxy} $&' })).toEqual({
      code: 'proxy-refused',
      text: 'the proxy http://p:3128 refused: 403 {proxy} $&',
    })
  })

  it('is told with the step and the remedy of the catalog, whatever was waited for', () => {
    const error = new TransportError('Cannot dial tcp://a: connection refused', {
      code: 'ERR_TRANSPORT_DIAL',
      reason: 'connect-refused',
    })
    const { remedy, ...told } = toldReason(error, 'upgrade')
    expect(told).toEqual({ code: 'connect-refused', step: 'connect', text: error.message })
    expect(remedy).toContain('refuses it: check the port and')
  })

  it.each([
    ['a plugin gave no code', new Error('broken'), 'other'],
    [
      'a plugin gave its own',
      Object.assign(new Error('broken'), { reason: 'broker-silent' }),
      'broker-silent',
    ],
    ['what it gave is no code', Object.assign(new Error('broken'), { reason: 'Very\nbad' }), 'other'],
  ])('is told of the step that was waited for if %s', (_, error, code) => {
    expect(toldReason(error, 'rendezvous')).toEqual({
      ...{ code, step: 'rendezvous', text: 'broken', remedy: undefined },
    })
  })

  it('is thrown with its code, and with what was thrown below it', () => {
    const below = new Error('EHOSTUNREACH')
    const thrown = failure('proxy-closed', { proxy: 'http://p', question: 'CONNECT' }).by(below)
    expect([codeOf(thrown), thrown.message, thrown.cause]).toEqual([
      'proxy-closed',
      'the proxy http://p closed the connection without an answer to CONNECT',
      below,
    ])
  })
})
