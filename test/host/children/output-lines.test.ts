import { expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Fields } from '../../../src/core/api/logger.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { LoggedOutput } from '../../../src/host/children/logged-output.js'
import { MAX_LINE, OutputLines } from '../../../src/host/children/output-lines.js'

it('cuts what is written in pieces into lines, and keeps no more of a line than its bound', () => {
  const lines: string[] = []
  const output = new OutputLines((line) => lines.push(line))
  for (const text of ['fi', 'rst\r\nsec', 'ond\n\n', 'x'.repeat(MAX_LINE), 'x'.repeat(MAX_LINE), '\nlast']) {
    output.push(text)
  }
  output.end()
  expect(lines).toEqual(['first', 'second', 'x'.repeat(MAX_LINE), 'last'])
})

it('logs at most 60 lines a minute, each cut and with no character that a terminal obeys', () => {
  const clock = new VirtualClock()
  const logged: (Fields | undefined)[] = []
  const log = { ...silentLogger, info: (_: string, fields?: Fields) => logged.push(fields) }
  const output = new LoggedOutput('ptproxy', log, clock)
  output.take('\u001b[2J\u009bü')
  for (let line = 0; line < 100; line++) output.take('y'.repeat(600))
  expect(logged).toHaveLength(60)
  expect(logged[0]).toEqual({ program: 'ptproxy', line: '\\u001b[2J\\u009b\\u00fc' })
  expect(logged[1]).toEqual({ program: 'ptproxy', line: `${'y'.repeat(512)}…` })
  clock.advance(60_000)
  output.take('later')
  expect(logged.slice(60)).toEqual([
    { program: 'ptproxy', lines: 41 },
    { program: 'ptproxy', line: 'later' },
  ])
})
