import { describe, expect, it } from 'vitest'
import { MAX_LINE, type Request, Requests } from '../../../src/control/uapi/requests.js'

const KEY = '01'.repeat(32)

function all(text: string, limit?: number): Request[] | undefined {
  return new Requests(limit).take(Buffer.from(text))
}

describe('Requests', () => {
  it('cuts a stream into questions and changes, however it comes in pieces', () => {
    const text = `get=1\n\nset=1\nlisten_port=1\n\nset=1\npublic_key=${KEY}\nremove=true\n\nget=1\n\n`
    const whole = all(text)
    expect(whole).toEqual([
      'get',
      { set: { listenPort: 1, replacesPeers: false, peers: [] } },
      { set: { replacesPeers: false, peers: [expect.objectContaining({ removes: true })] } },
      'get',
    ])
    const bytewise = new Requests()
    expect([...text].flatMap((byte) => bytewise.take(Buffer.from(byte)))).toEqual(whole)
  })

  it('waits for the end of a request', () => {
    const requests = new Requests()
    expect(requests.take(Buffer.from('set=1\nlisten_port=1\n'))).toEqual([])
    expect(requests.take(Buffer.from('\n'))).toHaveLength(1)
  })

  it('refuses the whole of a change with one line that is wrong, for the first one, and goes on behind it', () => {
    const [first, second] = all('set=1\nlisten_port=x\nnothing\n\nget=1\n\n')!
    expect(first).toEqual({ refused: expect.objectContaining({ errno: -22 }) })
    expect(second).toBe('get')
  })

  it('refuses a question with lines behind it', () => {
    expect(all('get=1\nlisten_port=1\n\n')).toEqual([{ refused: expect.objectContaining({ errno: -22 }) }])
  })

  it.each([
    ['another operation', 'steal=1\n\n'],
    ['another version', 'get=2\n\n'],
    ['JSON', '{"qanat":1,"ask":"status"}\n'],
    ['an end without a request', '\n'],
    ['a line that is too long', `set=1\n${'x'.repeat(MAX_LINE)}`],
  ])('gives up at %s', (_what, text) => {
    expect(all(text)).toBeUndefined()
  })

  it('gives up at a request that is too large, and counts each alone', () => {
    const lines = 'listen_port=1\n'.repeat(10)
    expect(all(`set=1\n${lines}\nset=1\n${lines}\n`, 150)).toHaveLength(2)
    expect(all(`set=1\n${lines}${lines}\n`, 150)).toBeUndefined()
  })
})
