import { describe, expect, it } from 'vitest'
import {
  redact,
  redactEcho,
  redactedUrl,
  redactInput,
  redactText,
  showBare,
} from '../../../src/core/api/redact.js'
import { redactingLogger } from '../../../src/core/api/redacting-logger.js'

describe('redact', () => {
  it.each([
    ['ws://user:pass@host:8080/door?token=x#y', 'ws://host:8080/door'],
    ['wss://host/', 'wss://host'],
    ['tcp://:pass@[::1]:1337', 'tcp://[::1]:1337'],
    ['unix:///run/qanat?x', 'unix:///run/qanat'],
    ['tcp://[fe80::1]:1337#zone=eth0', 'tcp://[fe80::1%eth0]:1337'],
  ])('shows of %s no more than %s', (text, shown) => {
    expect(redact(new URL(text))).toBe(shown)
  })
})

describe('an endpoint that its file has without a scheme', () => {
  it('is shown so to people, and as a URL to programs', () => {
    const endpoint = new URL('udp://user:secret@[fe80::1]:51820?x#zone=eth0')
    showBare(endpoint)
    expect(redact(endpoint)).toBe('[fe80::1%eth0]:51820')
    expect(redactedUrl(endpoint)).toBe('udp://[fe80::1%eth0]:51820')
    expect(redact(new URL(endpoint))).toBe('udp://[fe80::1%eth0]:51820')
  })
})

describe('redactInput', () => {
  it.each([
    ['ws://user:pass@host:8080/door?token=x#y', 'ws://…@host:8080/door?…'],
    ['ws://user@host/@door#y', 'ws://…@host/@door#…'],
    ['ws://user:pass@host:99999/door', 'ws://…@host:99999/door'],
    ['ws:///user:pass@host', 'ws://…@host'],
    ['tcp://us\\er:pass@host', 'tcp://…@host'],
    ['user:pass@host:1337', '…@host:1337'],
    ['user:pass%40host:x', '…@host:x'],
    ['ws://user:pa?ss@host', 'ws://…'],
    ['ws://user:pa', 'ws://…'],
    ['ws://host:99999/door%3Ftoken', 'ws://host:99999/door%…'],
  ])('shows of %s no more than %s', (text, shown) => {
    expect(redactInput(text)).toBe(shown)
  })

  it.each([
    '',
    'host:1337',
    'udp://',
    'udp://host:99999',
    'udp://fe80::1:51820',
    'ws://host/a%20b',
    'host:80:90',
    'fe80::1%eth0',
    'ws://host/door?',
  ])('leaves %j as it is, which holds no secret', (text) => {
    expect(redactInput(text)).toBe(text)
  })

  it('does not change what it redacted', () => {
    for (const text of ['ws://u:p@host/x?y', 'ws://u:p@host:99999?y', 'u:p@h', 'ws://u:p?@host']) {
      expect(redactInput(redactInput(text))).toBe(redactInput(text))
    }
  })
})

describe('redactText', () => {
  it('redacts each URL, and leaves what is around them', () => {
    const text = "Cannot run 'curl https://u:p@host/up?x' (ws://u@host), udp://host:1: mail user@host"
    expect(redactText(text)).toBe(
      "Cannot run 'curl https://…@host/up?…' (ws://…@host), udp://host:1: mail user@host",
    )
  })
})

it('redacts a long word in a time that grows with its length alone', () => {
  const long = 'x'.repeat(300_000)
  expect(redactText(`${long} wss://u:secret@h`)).toBe(`${long} wss://…@h`)
})

describe('redactEcho', () => {
  const told = new URL('ws://admin:p%C3%A4ss%2Fword@host/?token=s3cret%2F1&long=abcdefgh#fragment')
  const login = Buffer.from('admin:päss/word').toString('base64')

  it.each([
    [`403 Basic ${login}`, '403 Basic …=='],
    ['no päss/word, no p%C3%A4ss%2Fword, no s3cret/1 and no s3cret%2F1', 'no …, no …, no … and no …'],
    ['/?token=s3cret%2F1&long=abcdefgh is not found', '/?… is not found'],
    ['abcdefgh by admin: ws://who:ever@host/?x', '… by …: ws://…@host/?…'],
  ])('of %j leaves %j', (answer, shown) => {
    expect(redactEcho(answer, told)).toBe(shown)
  })

  it('takes nothing that is short for an echo', () => {
    expect(redactEcho('404 a', new URL('ws://a:4@host/?0'))).toBe('404 a')
  })
})

describe('a redacting logger', () => {
  it('redacts messages, texts, URLs and lists of them, on each level', () => {
    const lines: unknown[] = []
    const note = (...line: unknown[]) => lines.push(line)
    const log = redactingLogger({ debug: note, info: note, warn: note, error: note })
    const url = new URL('ws://u:p@host/?x')
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      log[level](`at ${url}`)
      log[level]('facts', { url, text: url.href, list: [url], count: 7 })
    }
    const facts = { url: 'ws://host', text: 'ws://…@host/?…', list: ['ws://host'], count: 7 }
    expect(lines).toEqual(
      Array(4)
        .fill([['at ws://…@host/?…'], ['facts', facts]])
        .flat(),
    )
  })
})
