import { describe, expect, it } from 'vitest'
import { type Option, optionKey } from '../../../src/core/options/option.js'
import { allowedFor, defaultOf, readOption, refusalOf } from '../../../src/core/options/read-option.js'

const help = 'for a test'

describe('readOption', () => {
  it.each<[Option, unknown, unknown]>([
    [{ type: 'whole', help }, 7, 7],
    [{ type: 'whole', help }, '7', 7],
    [{ type: 'whole', help, min: 1, max: 9 }, 9, 9],
    [{ type: 'whole', help, min: -5 }, '-3', -3],
    [{ type: 'duration', help, min: -5_000 }, '-3 s', -3_000],
    [{ type: 'bytes', help }, '64 KiB', 65_536],
    [{ type: 'bytes', help }, '2GiB', 2 ** 31],
    [{ type: 'duration', help }, '10 s', 10_000],
    [{ type: 'duration', help }, '250ms', 250],
    [{ type: 'duration', help }, 5, 5],
    [{ type: 'toggle', help }, false, false],
    [{ type: 'toggle', help }, 'true', true],
    [{ type: 'list', help }, ['a', 'b'], ['a', 'b']],
    [{ type: 'list', help }, 'a, b', ['a', 'b']],
    [{ type: 'one of', help, of: ['tcp', 'udp'] }, 'udp', 'udp'],
    [{ type: 'string', help }, 'text', 'text'],
    [{ type: 'path', help }, './file', './file'],
    [{ type: 'secret', help }, 'hidden', 'hidden'],
  ])('takes of %j what is %j', (option, given, value) => {
    expect(readOption(option, given)).toEqual(value)
  })

  it.each<[Option, unknown]>([
    [{ type: 'whole', help }, -1],
    [{ type: 'whole', help }, '-1'],
    [{ type: 'whole', help, min: -5 }, '-6'],
    [{ type: 'whole', help, min: -5 }, '--3'],
    [{ type: 'whole', help }, 1.5],
    [{ type: 'whole', help, max: 9 }, 10],
    [{ type: 'whole', help, min: 1 }, 0],
    [{ type: 'whole', help }, '7 s'],
    [{ type: 'whole', help }, '0x7'],
    [{ type: 'whole', help }, ''],
    [{ type: 'whole', help }, '99999999999999999'],
    [{ type: 'whole', help }, Number.NaN],
    [{ type: 'whole', help }, true],
    [{ type: 'bytes', help }, '1 kB'],
    [{ type: 'bytes', help }, '9999999999999999 GiB'],
    [{ type: 'bytes', help }, '1 constructor'],
    [{ type: 'duration', help }, '1 KiB'],
    [{ type: 'toggle', help }, 1],
    [{ type: 'toggle', help }, 'yes'],
    [{ type: 'list', help }, [1]],
    [{ type: 'list', help }, 'a,,b'],
    [{ type: 'one of', help, of: ['tcp'] }, 'udp'],
    [{ type: 'string', help }, 7],
    [{ type: 'string', help }, ''],
  ])('takes of %j nothing that is %j', (option, given) => {
    expect(readOption(option, given)).toBeUndefined()
  })
})

it('an option says in words what it may be', () => {
  expect(allowedFor({ type: 'whole', help, min: 1, max: 9 })).toBe('a whole number within 1 to 9')
  expect(allowedFor({ type: 'duration', help })).toBe(
    'milliseconds of at least 0, as a whole number or such as "10 s"',
  )
  expect(allowedFor({ type: 'one of', help, of: ['a', 'b'] })).toBe('"a", "b"')
})

it('an option is called in a file as other keys are', () => {
  expect(optionKey('maxOpenStreams')).toBe('max-open-streams')
})

describe('defaultOf', () => {
  it.each<[Option, unknown]>([
    [{ type: 'duration', help, default: '10 s' }, 10_000],
    [{ type: 'bytes', help, default: '64 KiB' }, 65_536],
    [{ type: 'bytes', help, default: 7 }, 7],
    [{ type: 'toggle', help, default: 'true' } as never, true],
    [{ type: 'list', help, default: 'a,b' } as never, ['a', 'b']],
    [{ type: 'toggle', help, default: false }, false],
    [{ type: 'string', help }, undefined],
    [{ type: 'secret', help }, undefined],
  ])('gives the default of %j as plugins are given it', (option, value) => {
    expect(defaultOf(option)).toEqual(value)
  })
})

describe('refusalOf', () => {
  const bytes = 'bytes within 1 to 4, as a whole number or such as "64 KiB"'
  it.each<[Option, unknown, string]>([
    [{ type: 'bytes', help, min: 1, max: 4 }, '5 KiB', `it is not ${bytes}`],
    [
      { type: 'bytes', help, min: 1, max: 4 },
      '5 KB',
      `it is not ${bytes}; its unit is none of B, KiB, MiB, GiB`,
    ],
    [
      { type: 'duration', help },
      '5 KiB',
      'it is not milliseconds of at least 0, as a whole number or such as "10 s"; its unit is none of ms, s, min, h',
    ],
    [{ type: 'whole', help, max: 9 }, '7 s', 'it is not a whole number within 0 to 9'],
    [{ type: 'list', help }, ['a', 7], 'item 2 of the list is no text'],
    [{ type: 'list', help }, [''], 'item 1 of the list is an empty text'],
    [{ type: 'list', help }, 7, 'it is not a list of texts'],
  ])('says of %j what is wrong with %j', (option, given, why) => {
    expect(refusalOf(option, given, 'it')).toBe(why)
  })
})
