import { expect, it } from 'vitest'
import { checkOptionsDescribed } from '../../../src/app/plugins/option-check.js'

const help = 'for a test'

it('options may be described with any type, and with none', () => {
  const options = {
    size: { type: 'bytes', help, min: 1, max: 9, default: 2 },
    mode: { type: 'one of', help, of: ['a', 'b'], default: 'a' },
    hosts: { type: 'list', help, default: ['a'] },
    token: { type: 'secret', help },
    subject: { type: 'string', help, in: ['endpoint'] },
    retries: { type: 'whole', help, in: ['file', 'endpoint'] },
  }
  expect(() => checkOptionsDescribed(undefined)).not.toThrow()
  expect(() => checkOptionsDescribed(options)).not.toThrow()
})

it.each([
  [7, "its 'options' is no object that describes each option"],
  [[], "its 'options' is no object that describes each option"],
  [
    { 'max-size': { type: 'whole', help } },
    "its option 'max-size' must be letters and digits, a lower-case letter first",
  ],
  [
    { keyFile: { type: 'path', help } },
    "its option 'keyFile' ends in 'File' or 'Env', which stands for where a secret is",
  ],
  [{ constructor: { type: 'path', help } }, "its option 'constructor' has a name that all objects know"],
  [{ prototype: { type: 'path', help } }, "its option 'prototype' has a name that all objects know"],
  [{ a: { type: 'duration', help, min: '10 s' } }, "its option 'a' has a 'min' that is no whole number"],
  [{ a: { type: 'bytes', help, max: 2 ** 60 } }, "its option 'a' has a 'max' that is no whole number"],
  [{ a: { type: 'whole', help, min: 9, max: 8 } }, "its option 'a' has a 'min' of 9, above its 'max' of 8"],
  [{ a: { type: 'whole', help, max: -1 } }, "its option 'a' has a 'min' of 0, above its 'max' of -1"],
  [{ a: 7 }, "its option 'a' is no object"],
  [
    { a: { type: 'number', help } },
    "its option 'a' has an unknown type; known are whole, bytes, duration, string, path, secret, toggle, list, one of",
  ],
  [{ a: { type: 'whole' } }, "its option 'a' lacks the text 'help'"],
  [
    { a: { type: 'secret', help, default: 'x' } },
    "its option 'a' has the member 'default'; known are type, help, in",
  ],
  [
    { a: { type: 'whole', help, in: [] } },
    "its option 'a' has an 'in' that is no list of 'file' and 'endpoint'",
  ],
  [
    { a: { type: 'whole', help, in: ['url'] } },
    "its option 'a' has an 'in' that is no list of 'file' and 'endpoint'",
  ],
  [
    { a: { type: 'secret', help, in: ['file', 'endpoint'] } },
    "its option 'a' is a secret, which no endpoint holds; leave 'endpoint' out of its 'in'",
  ],
  [
    { a: { type: 'path', help, in: ['endpoint'] } },
    "its option 'a' is a path, which no endpoint holds; leave 'endpoint' out of its 'in'",
  ],
  [{ a: { type: 'one of', help } }, "its option 'a' lacks 'of', a list of words"],
  [
    { a: { type: 'whole', help, max: 3, default: 4 } },
    "its option 'a' has a 'default' that it does not allow",
  ],
])('refuses the description %j', (options, why) => {
  expect(() => checkOptionsDescribed(options)).toThrow(new Error(why))
})
