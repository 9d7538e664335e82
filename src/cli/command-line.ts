import { CommanderError } from 'commander'
import { asError } from '../core/api/errors.js'
import { commandsOf } from './model/command-model.js'
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, exitCodeOf } from './output/exit-codes.js'
import { leaveOutSyntaxWarnings } from './output/node-warnings.js'
import { remark } from './output/output.js'
import { createProgram } from './program.js'

/** Runs the command line that the process was started with, and ends the process. */
export async function runCommandLine(): Promise<never> {
  leaveOutSyntaxWarnings()
  const program = createProgram((code) => {
    process.exitCode = code
  })
  for (const command of [program, ...commandsOf(program).map(({ command }) => command)]) {
    command.exitOverride().configureOutput({ outputError: (message) => say(inWords(message)) })
  }
  try {
    await program.parseAsync()
  } catch (thrown) {
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? EXIT_OK : EXIT_USAGE
    else {
      const error = asError(thrown)
      say(error.message)
      process.exitCode = exitCodeOf(error)
    }
  }
  // The reader may be slower than the output.
  await new Promise((resolve) => process.stdout.write('', resolve))
  // Whatever a plugin left open must not keep the process.
  process.exit(process.exitCode ?? EXIT_FAILED)
}

/** A file may be wrong in several lines. */
function say(text: string): void {
  for (const line of text.trim().split('\n')) remark(line)
}

/** Cuts off the value of an unknown option: it may be a misspelt option's key. */
function inWords(message: string): string {
  return message.replace(/^error: /, '').replace(/(unknown option '[^=']*)=.*(?=')/s, '$1')
}
