import { CommanderError } from 'commander'
import { asError } from '../core/api/errors.js'
import { commandsOf } from './model/command-model.js'
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, exitCodeOf } from './output/exit-codes.js'
import { failureText, withRemedy } from './output/failure.js'
import { leaveOutSyntaxWarnings } from './output/node-warnings.js'
import { chosenFormat } from './output/standard-error.js'
import { createProgram } from './program.js'
import { knownWords, nameHere } from './words.js'

/** Runs the command line that the process was started with, and ends the process. */
export async function runCommandLine(): Promise<never> {
  leaveOutSyntaxWarnings()
  const words = process.argv.slice(2)
  const [first = ''] = words
  const exit = (code: number) => {
    process.exitCode = code
  }
  const program = createProgram(exit, nameHere(first))
  const say = (message: string, code: unknown) =>
    process.stderr.write(failureText({ message, code }, { words, env: process.env, format: chosenFormat() }))
  for (const command of [program, ...commandsOf(program).map(({ command }) => command)]) {
    const outputError = (message: string) => say(inWords(message), 'ERR_CONFIG_VALUE')
    command.exitOverride().configureOutput({ outputError })
  }
  try {
    await program.parseAsync(knownWords(program, words), { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? EXIT_OK : EXIT_USAGE
    else {
      const error = asError(thrown)
      say(withRemedy(error), 'code' in error ? error.code : undefined)
      process.exitCode = exitCodeOf(error)
    }
  }
  // The reader may be slower than the output.
  await new Promise((resolve) => process.stdout.write('', resolve))
  // Whatever a plugin left open must not keep the process.
  process.exit(process.exitCode ?? EXIT_FAILED)
}

/** Cuts off the value of an unknown option: it may be a misspelt option's key. */
function inWords(message: string): string {
  return message.replace(/^error: /, '').replace(/(unknown option '[^=']*)=.*(?=')/s, '$1')
}
