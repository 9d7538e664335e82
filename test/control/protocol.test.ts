import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../src/control/protocol.js'

describe('an answer of a running tunnel', () => {
  it('has the control characters of its texts and names escaped: whose terminal it is may be root', () => {
    const device = 'wg0\u001b]0;gone\u0007\nTunnel of /etc/qanat/other.toml'
    const line = JSON.stringify({ qanat: 1, answer: { device, list: ['\u009b2J'], 'a\u202eb': 1 } })
    expect(readAnswer(line)).toEqual({
      device: 'wg0\\u001b]0;gone\\u0007\\u000aTunnel of /etc/qanat/other.toml',
      list: ['\\u009b2J'],
      'a\\u202eb': 1,
    })
  })

  it('that is an error has them escaped, too, but for the ends of its lines', () => {
    const line = JSON.stringify({ qanat: 1, error: { code: 'ERR_HOOK', message: 'one\ntwo\u001b[2J' } })
    expect(() => readAnswer(line)).toThrow(/^one\ntwo\\u001b\[2J$/)
  })

  it.each(['null', '7', '"down"', '{}', '[]', '{"code":1e999}'])(
    'that says the error is %s is an error with a code',
    (error) => {
      expect(() => readAnswer(`{"qanat":1,"error":${error}}`)).toThrow(
        expect.objectContaining({ code: 'ERR_CONTROL' }),
      )
    },
  )

  it('of another kind is refused', () => {
    for (const line of ['', 'null', '[]', '{"qanat":2,"answer":1}', '['.repeat(100_000)]) {
      expect(() => readAnswer(line)).toThrow(/^Cannot understand the running tunnel/)
    }
  })
})
