import { expect, it } from 'vitest'
import { checkFiguresDescribed } from '../../../src/app/figures/figures-check.js'

const good = { type: 'counter', unit: 'datagrams', help: 'for a test' }
const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`)

it('figures may be described with and without labels, up to 1,024 values, and there may be none', () => {
  const full = { ...good, labels: { a: words(31), b: words(33) } }
  const gauge = { type: 'gauge', unit: '%', help: 'for a test' }
  expect(() => checkFiguresDescribed(undefined)).not.toThrow()
  expect(() => checkFiguresDescribed({ full, gauge })).not.toThrow()
  expect(() => checkFiguresDescribed({ full, gauge, one: good })).toThrow(
    new Error('its figures have 1025 values, each combination of labels one; allowed are 1024'),
  )
})

it.each([
  [7, "its 'figures' is no object that describes each figure"],
  [[], "its 'figures' is no object that describes each figure"],
  [{ 're-sent': good }, "its figure 're-sent' must be letters and digits, a lower-case letter first"],
  [{ constructor: good }, "its figure 'constructor' must be letters and digits, a lower-case letter first"],
  [{ a: null }, "its figure 'a' is no object"],
  [{ a: { ...good, type: 'sum' } }, "its figure 'a' has an unknown type; known are counter, gauge"],
  [{ a: { ...good, unit: '' } }, "its figure 'a' lacks the text 'unit', such as 'bytes'"],
  [{ a: { ...good, unit: 'a\nb' } }, "its figure 'a' lacks the text 'unit', such as 'bytes'"],
  [{ a: { ...good, help: undefined } }, "its figure 'a' lacks the text 'help'"],
  [{ a: { ...good, max: 7 } }, "its figure 'a' has the member 'max'; known are type, unit, help, labels"],
  [
    { a: { ...good, labels: ['b'] } },
    "its figure 'a' has 'labels' that are no object that lists what each may be",
  ],
  [
    { a: { ...good, labels: { 'b-c': ['d'] } } },
    "its figure 'a' has a label 'b-c'; it must be letters and digits, a lower-case letter first",
  ],
  [
    { a: { ...good, labels: { b: [] } } },
    "its figure 'a' has a label 'b' that is no list of words, each once",
  ],
  [
    { a: { ...good, labels: { b: ['c', 'c'] } } },
    "its figure 'a' has a label 'b' that is no list of words, each once",
  ],
  [
    { a: { ...good, labels: { b: ['\u001b'] } } },
    "its figure 'a' has a label 'b' that is no list of words, each once",
  ],
])('refuses the description %j', (figures, why) => {
  expect(() => checkFiguresDescribed(figures)).toThrow(new Error(why))
})
