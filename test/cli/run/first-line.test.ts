import { PassThrough } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { firstLine } from '../../../src/cli/run/first-line.js'

describe('firstLine', () => {
  let stream: PassThrough
  beforeEach(() => {
    stream = new PassThrough()
  })

  it('is what comes before an empty line, in whatever parts, one answer after another', async () => {
    for (const parts of [['{}\n\n'], ['{', '}\n', '\n'], [...'{}\n\n']]) {
      const answer = firstLine(stream)
      for (const part of parts) {
        stream.write(part)
        await new Promise(setImmediate)
      }
      expect(await answer).toBe('{}')
    }
  })

  it('is none if there is only an empty one, or the stream ends', async () => {
    const answer = firstLine(stream)
    stream.write('\n')
    await expect(answer).rejects.toThrow('there was no answer')
    const late = firstLine(stream)
    stream.end('{')
    await expect(late).rejects.toThrow('nobody is there')
  })
})
