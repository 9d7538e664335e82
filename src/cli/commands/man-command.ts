import type { Command } from 'commander'
import { readVersion } from '../model/version.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print } from '../output/output.js'

/** Adds `man`, which prints the manual page. */
export function addManCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('man')
    .description('print the manual page, for man')
    .action(async () => {
      const [{ manualPage }, { commandModels }] = await Promise.all([
        import('../man/manual-page.js'), // seldom needed
        import('../model/command-model.js'),
      ])
      print(manualPage(commandModels(program), readVersion()))
      exit(EXIT_OK)
    })
}
