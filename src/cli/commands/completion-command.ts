import { Argument, type Command } from 'commander'
import { EXIT_OK } from '../output/exit-codes.js'
import { print } from '../output/output.js'

/** Adds `completion`, which prints a script for a shell. */
export function addCompletionCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('completion')
    .description('print a shell completion script')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completionFor } = await import('../completion/completion.js') // seldom needed
      print(completionFor(shell, program))
      exit(EXIT_OK)
    })
}
