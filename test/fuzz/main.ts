// fuzz [PARSER…] [--seconds N] [--seed N] [--rounds N]: see USAGE.
import 'reflect-metadata'
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.js'
import { PARSERS } from './parsers/parsers.js'

const SECONDS = 600
/** Milliseconds from one line of progress to the next. */
const PROGRESS = 10_000

const USAGE = `npm run fuzz -- [PARSER…] [--seconds N] [--seed N] [--rounds N]

Has parsers read what chance makes of what they know, until the time is over or one does what it must not.

  --seconds N   how long each parser is fuzzed, ${SECONDS} if absent
  --seed N      where chance starts, the time of day if absent
  --rounds N    ends after so many rounds

All parsers, one after another, if none is named:

${PARSERS.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}
`

const say = (line: string) => process.stdout.write(`${line}\n`)

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      seconds: { type: 'string', default: String(SECONDS) },
      seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
      rounds: { type: 'string', default: 'Infinity' },
    },
  })
  if (values.help) say(USAGE)
  else {
    const numbers = [values.seconds, values.seed, values.rounds].map(Number)
    if (numbers.some((number) => !(number >= 0)))
      throw new Error('--seconds, --seed and --rounds take a number')
    await fuzzAll(positionals, numbers as [number, number, number])
  }
} catch (thrown) {
  process.stderr.write(`fuzz: ${(thrown as Error).message}\n`)
  process.exitCode = 1
}

async function fuzzAll(
  names: readonly string[],
  [seconds, seed, rounds]: readonly [number, number, number],
): Promise<void> {
  const unknown = names.filter((name) => !PARSERS.some((parser) => parser.name === name))
  if (unknown.length > 0) throw new Error(`there is no parser ${unknown.join(', ')}; --help lists them`)
  for (const parser of PARSERS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const { name } = parser
    say(`${name}: seed ${seed}`)
    // What throws in an event is a finding, too.
    const uncaught = (error: Error) => {
      process.stderr.write(`fuzz: ${name}, seed ${seed}: uncaught ${error.stack}\n`)
      process.exit(1)
    }
    process.on('uncaughtException', uncaught)
    const begin = performance.now()
    let toldAt = begin
    const result = await fuzz(parser, seed, (round) => {
      const now = performance.now()
      if (now - toldAt >= PROGRESS) {
        toldAt = now
        say(`${name}: ${round} rounds in ${((now - begin) / 1000).toFixed(0)} s, ${memory()}`)
      }
      return round < rounds && now - begin < seconds * 1000
    })
    process.off('uncaughtException', uncaught)
    say(
      `${name}: no finding in ${result.rounds} rounds, the slowest ${result.slowest.toFixed(0)} ms, ${memory()}`,
    )
  }
}

function memory(): string {
  return `${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`
}
