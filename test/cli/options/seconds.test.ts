import { expect, it } from 'vitest'
import { secondsOf } from '../../../src/cli/options/seconds.js'
import { waitOf } from '../../../src/cli/options/wait-option.js'

it('takes a second to a day', () => {
  expect(['1', '60', '86400'].map((text) => secondsOf('--timeout', text))).toEqual([1, 60, 86_400])
  expect([waitOf(undefined), waitOf('5')]).toEqual([undefined, 5_000])
})

it('takes no more than an option allows', () => {
  expect(secondsOf('--time', '3600', 3_600)).toBe(3_600)
  expect(() => secondsOf('--time', '3601', 3_600)).toThrow(
    "Cannot use --time: '3601' is not within 1 to 3600 seconds",
  )
})

it.each(['', '0', '-1', '1.5', '1e3', '86401', '100000', 'soon'])("refuses '%s'", (text) => {
  expect(() => waitOf(text)).toThrow(`Cannot use --wait: '${text}' is not within 1 to 86400 seconds`)
})
