import { Command } from 'commander'
import { addClientCommands } from './commands/client-commands.js'
import { addCompletionCommand } from './commands/completion-command.js'
import { addConfigCommands } from './commands/config-commands.js'
import { addInitCommand } from './commands/init-command.js'
import { addKeyCommands } from './commands/key-commands.js'
import { addLoginCommand } from './commands/login-command.js'
import { addManCommand } from './commands/man-command.js'
import { addPinCommand } from './commands/pin-command.js'
import { addPluginCommand } from './commands/plugin-command.js'
import { addPluginsCommand } from './commands/plugins-command.js'
import { addRunCommands } from './commands/run-commands.js'
import { addUpCommand } from './commands/up-command.js'
import { commandsOf } from './model/command-model.js'
import { examplesOf } from './model/examples.js'
import { REFERENCES } from './model/references.js'
import { readVersion, VERSION_FLAGS } from './model/version.js'
import { addNoNativeOption } from './options/no-native-option.js'
import { addTransportOptions } from './options/transport-options.js'
import { addTunnelOptions, type TunnelOptions } from './options/tunnel-options.js'
import { EXIT_OK } from './output/exit-codes.js'
import { formatHelp } from './output/help-format.js'
import { answersHelp } from './words.js'

/** Builds the command line. `exit` gets the exit code of whatever ran. */
export function createProgram(exit: (code: number) => void): Command {
  const program = new Command('qanat')
    .description('A layer-3 VPN whose transport and cipher are chosen at run time')
    .argument('[LOCAL_IP]', 'the inner address of this end')
    .argument('[PEER_IP]', 'the inner address of the far end')
    .enablePositionalOptions() // 'qanat plugins --plugin X' gives X to the command 'plugins'
  formatHelp(program)
  addTunnelOptions(program)
  addNoNativeOption(program)
  addTransportOptions(program)
  addUpCommand(program, exit)
  addRunCommands(program, exit)
  addLoginCommand(program, exit)
  addConfigCommands(program, exit)
  addInitCommand(program, exit)
  addClientCommands(program, exit)
  addKeyCommands(program, exit)
  addPinCommand(program, exit)
  addPluginsCommand(program, exit)
  addPluginCommand(program, exit)
  addCompletionCommand(program, exit)
  addManCommand(program, exit)
  program
    .version(readVersion().version, VERSION_FLAGS, 'print the version')
    .addHelpText('after', examplesOf(''))
    .addHelpText('after', REFERENCES)
    .action(async (local: string | undefined, far: string | undefined, options: TunnelOptions) => {
      if (answersHelp(program, local, far)) {
        exit(EXIT_OK)
        return
      }
      const { connect } = await import('./actions/connect.js')
      exit(await connect(local, far, options))
    })
  // Commander adds a command 'help' to a program that has no action yet when it is asked for its commands.
  for (const { name, command } of commandsOf(program)) command.addHelpText('after', examplesOf(name))
  return program
}
