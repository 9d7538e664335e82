import type { Command } from 'commander'
import { LOGIN_TIME } from '../../core/settings/login.js'
import type { LoginOptions } from '../login/login.js'
import { NAME_OR_FILE } from '../options/name-or-file.js'

/** Adds `login`. */
export function addLoginCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('login')
    .description("open a network's login page in a fresh browser, past a tunnel that lets nothing else out")
    .argument('[name|file]', `${NAME_OR_FILE} (default: the only one that runs)`)
    .option('--url <url>', 'the page to open (default: the one that is in the way)')
    .option(
      '--dns <address>',
      "the network's name server (default: those that the host had before the tunnel)",
    )
    .option('--time <seconds>', `how long it may be open at the most (default: ${LOGIN_TIME.default})`)
    .action(async (name: string | undefined, options: LoginOptions) => {
      const { login } = await import('../login/login.js')
      exit(await login(name, options))
    })
}
