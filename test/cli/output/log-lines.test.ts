import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { MOST_JSON } from '../../../src/cli/output/bounded-json.js'
import { loggerTo } from '../../../src/cli/output/log.js'
import { LOG_EVENTS } from '../../../src/cli/output/log-events.js'
import { lineOf, type Screen } from '../../../src/cli/output/log-lines.js'
import { LOG_FORMATS, type LogFormat, type Logger } from '../../../src/core/api/logger.js'

/** What a logger of a format writes, an entry for each write. */
function written(format: LogFormat, log: (log: Logger) => void, screen?: Screen): string[] {
  const writes: string[] = []
  const destination = { write: (line: string) => void writes.push(line) }
  log(loggerTo(destination, 'debug', (json) => lineOf(format, json, screen)))
  return writes
}

const [TIME] = [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/]
/** What a terminal obeys, and what other readers than this one take for the end of a line. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

describe('a line of the log', () => {
  it.each([
    ['debug', '<7>'],
    ['info', '<6>'],
    ['warn', '<4>'],
    ['error', '<3>'],
  ] as const)('of the level %s has the priority %s in the journal, and no time', (level, priority) => {
    expect(written('journal', (log) => log[level]('link lost', { remote: 'udp://[::1]:7' }))).toEqual([
      `${priority}link lost remote=udp://[::1]:7\n`,
    ])
  })

  it('has time, level and message before its fields as text', () => {
    const fields = {
      peer: 'anna',
      why: 'it comes first',
      times: 3,
      dropped: { staged: 1 },
      none: null,
      left: undefined,
    }
    const [line] = written('text', (log) => log.warn('peer is reached', fields))
    expect(line!.replace(TIME, 'TIME')).toBe(
      'TIME WARN  peer is reached peer=anna why="it comes first" times=3 dropped={"staged":1} none=null\n',
    )
  })

  it('looks in each format as docs/running.md shows', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/running.md'), 'utf8')
    const [, shown] = /```text\n(.*?)```/s.exec(text.slice(text.indexOf('## Logs')))!
    vi.useFakeTimers({ now: new Date('2026-11-29T20:36:31.123Z'), toFake: ['Date'] })
    try {
      const place = (host: string) => `wss://${host}/door`
      const fields = { endpoint: place('vpn.example.org'), remote: place('192.0.2.1') }
      const lines = (['text', 'journal', 'json'] as const).flatMap((format) =>
        written(format, (log) => log.info('peer is reached', { ...fields, why: 'it comes first' })),
      )
      expect(lines.join('')).toBe(shown)
    } finally {
      vi.useRealTimers()
    }
  })

  it('has the local time of day on a terminal, and colours if that has some', () => {
    const shown = (colours: boolean) => written('text', (log) => log.error('broken'), { colours })[0]
    expect(shown(false)).toMatch(/^\d\d:\d\d:\d\d ERROR broken\n$/)
    expect(shown(true)).toContain(' \u001b[31mERROR\u001b[0m broken\n')
  })

  it('is an object with time, level, message and fields as JSON', () => {
    const [line] = written('json', (log) => log.info('peer is reached', { peer: 'anna' }))
    expect(JSON.parse(line!)).toEqual({
      level: 'info',
      time: expect.stringMatching(TIME),
      event: 'reached',
      peer: 'anna',
      message: 'peer is reached',
    })
  })

  it.each(['text', 'journal'] as const)('leaves out what is for programs alone as %s', (format) => {
    expect(written(format, (log) => log.info('peer is reached'))[0]).not.toContain('event')
  })

  it('keeps level, time and message from fields of the same name', () => {
    const [line] = written('json', (log) =>
      log.info('real', { level: 'error', time: 'never', message: 'forged', event: 'up' }),
    )
    expect(line!.match(/"level":/g)).toHaveLength(1)
    expect(JSON.parse(line!)).toMatchObject({
      ...{ level: 'info', message: 'real' },
      ...{ level_: 'error', time_: 'never', message_: 'forged', event_: 'up' },
    })
  })

  it.each(LOG_FORMATS)(
    'is one line as %s, whatever names, answers and certificates have in them',
    (format) => {
      const nasty = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          'a\n<3>forged',
          '\u001b[2J',
          'x" level=error y="',
          '\r\n{"level":"error"}',
          '\u2028',
          '\u202e',
        ),
      )
      fc.assert(
        fc.property(
          nasty,
          fc.dictionary(nasty, fc.oneof(nasty, fc.array(nasty), fc.jsonValue())),
          (message, fields) => {
            const writes = written(format, (log) => log.info(message, fields))
            expect(writes).toHaveLength(1)
            const line = writes[0]!
            expect(line.endsWith('\n')).toBe(true)
            expect(UNPRINTABLE.exec(line.slice(0, -1))).toBe(null)
            if (format === 'journal') expect(line.startsWith('<6>')).toBe(true)
            if (format === 'json') expect(JSON.parse(line).level).toBe('info')
          },
        ),
      )
    },
  )

  it('has events by words that Qanat says', () => {
    const said = readFileSync(join(import.meta.dirname, '../../golden/log-lines.txt'), 'utf8')
    for (const message of LOG_EVENTS.keys())
      expect(said).toMatch(new RegExp(`^\\w+: ${message}(?: \\{.*)?$`, 'm'))
  })

  it.each(LOG_FORMATS)('is bounded as %s', (format) => {
    const long = 'x'.repeat(100_000)
    const [line] = written(format, (log) => log.warn(long, { why: long }))
    expect(line!.length).toBeLessThan(20_000)
  })

  it.each(['text', 'journal'] as const)('is as %s one that the journal does not split', (format) => {
    const long = '\u0007\u20ac'.repeat(20_000)
    const [line] = written(format, (log) => log.warn(long, { why: long, all: [long], more: long }))
    expect(Buffer.byteLength(line!)).toBeLessThan(48 * 1024)
    expect(line!.indexOf('\n')).toBe(line!.length - 1)
  })

  it('is JSON that is not too long, however many members its lists have, and says how many were left out', () => {
    const names = Array.from({ length: 5_000 }, (_, at) => `peer-${at}`)
    const [line] = written('json', (log) => log.info('reloaded', { came: names, went: 3 }))
    const { came, went } = JSON.parse(line!) as { came: string[]; went: number }
    expect([came.length, came[0], came.at(-1), went]).toEqual([257, 'peer-0', '… 4744 more', 3])
    const odd = {
      all: names.map(() => names),
      table: Object.fromEntries(names.map((name) => [name, names])),
      text: names.map(() => '\u0007'.repeat(9_000)),
    }
    for (const fields of [odd, { ...odd, ...odd.table }]) {
      const [worst] = written('json', (log) =>
        log.warn('x'.repeat(20_000), { step: 'tls', code: 'tls-silent', ...fields }),
      )
      expect(worst!.length).toBeLessThan(6 * MOST_JSON)
      expect(JSON.parse(worst!)).toMatchObject({ level: 'warn', step: 'tls', code: 'tls-silent' })
    }
  })

  it.each(LOG_FORMATS)('has no secret of a URL as %s', (format) => {
    const url = 'wss://user:hidden@vpn.example.org/?token=hidden'
    const [line] = written(format, (log) => log.warn(`Cannot dial ${url}`, { url, all: [new URL(url)] }))
    expect(line).not.toContain('hidden')
  })

  it('shows no more of what a plugin logs than lies near', () => {
    let list: unknown = 'end'
    for (let times = 0; times < 20_000; times++) list = { list }
    const [line] = written('json', (log) => log.warn('no', { list }))
    expect(line).toContain('{"list":{"list":{"list":"…"}}}')
  })

  it.each(LOG_FORMATS)('has none in errors and objects that a plugin logs as %s', (format) => {
    const text = 'wss://user:hidden@vpn.example.org/?token=hidden'
    const options: Record<string, unknown> = { url: new URL(text), tried: [{ text }] }
    options.self = options
    const [line] = written(format, (log) =>
      log.warn('no', { err: new Error(`Cannot dial ${text}`), options }),
    )
    expect(line).toContain('vpn.example.org')
    expect(line).not.toContain('hidden')
  })
})
