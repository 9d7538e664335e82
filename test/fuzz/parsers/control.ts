import { Lines } from '../../../src/control/lines.js'
import {
  MAX_QUESTION,
  QUESTIONS,
  readAnswer,
  readQuestion,
  writeAnswer,
  writeQuestion,
} from '../../../src/control/protocol.js'
import { QanatError } from '../../../src/core/api/errors.js'
import type { Chance } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'

const ANSWERS = [
  writeAnswer({ device: 'wg0', peers: [{ name: 'a', drops: { x: 1 } }] }),
  '{"qanat":1,"error":{"code":"ERR_HOOK","message":"Cannot change the tunnel:\\nno"}}\n',
]
// biome-ignore format: words
const WORDS = [
  '"', '\\', '\\u001b[2J', '\\n', '{', '}', '[', ']', 'null', 'true', '-1', '1e999', ',', ':', '"qanat":1', '"ask":"down"',
  '"error":null', '"__proto__":{}', '"answer"', '\n', '\r\n', '\u009b', '\u202e', '{"a":'.repeat(40), '[['.repeat(200),
]
const CONTROL_CHARACTERS = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u

/** Lines of the control socket, of both ends. */
export const control: FuzzParser = {
  name: 'control',
  about: 'questions of a local user to the control socket, and answers of a tunnel of another user',
  share: 6_000,
  start: () => ({
    round(chance) {
      questions(chance)
      answers(chance)
    },
  }),
}

function questions(chance: Chance): void {
  const genuine = chance.some(4, () => writeQuestion(chance.pick(QUESTIONS))).join('')
  const long = chance.happens(0.02) ? 'x'.repeat(MAX_QUESTION - 2 + chance.below(4)) : ''
  const isWhole = long === '' && chance.happens(0.2)
  const text = isWhole ? genuine : chance.mutateText(genuine, WORDS) + long
  const lines = new Lines(MAX_QUESTION)
  const asked: string[] = []
  for (const piece of chance.pieces(Buffer.from(text))) {
    const whole = lines.take(Buffer.from(piece))
    if (whole === undefined) break
    for (const line of whole) {
      expectThat(Buffer.byteLength(line) < MAX_QUESTION, 'a line is too long')
      const read = readOrRefuse(() => readQuestion(line).question)
      if (typeof read === 'string') asked.push(read)
    }
  }
  expectThat(
    asked.every((one) => QUESTIONS.some((known) => known === one)),
    `it was asked for ${asked}`,
  )
  if (isWhole) expectThat(asked.length === genuine.split('\n').length - 1, `${asked.length} questions`)
}

function answers(chance: Chance): void {
  const line = chance.mutateText(chance.pick(ANSWERS), WORDS)
  const answer = readOrRefuse(() => readAnswer(line))
  if (answer instanceof Error)
    expectThat(!CONTROL_CHARACTERS.test(answer.message.replaceAll('\n', '')), 'not escaped')
  else
    expectThat(
      textsOf(answer).every((text) => !CONTROL_CHARACTERS.test(text)),
      'not escaped',
    )
}

/** What was read, or the error that it is refused with, which has a code. */
function readOrRefuse(read: () => unknown): unknown {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof QanatError && typeof thrown.code === 'string') return thrown
    throw thrown
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)])
}
