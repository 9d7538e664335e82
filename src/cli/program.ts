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

/** Adds commands to the program; `exit` gets the exit code of whatever ran. */
type Add = (program: Command, exit: (code: number) => void) => void

/** What scripts and services ask for again and again, by the commands that it adds: these need no others. */
const ASKED_OFTEN: readonly (readonly [names: readonly string[], Add])[] = [
  [['up'], addUpCommand],
  [['status', 'watch', 'reload', 'down'], addRunCommands],
]

/** All else, in the order of the help. */
const OTHERS: readonly Add[] = [
  addLoginCommand,
  addConfigCommands,
  addInitCommand,
  addClientCommands,
  addKeyCommands,
  addPinCommand,
  addPluginsCommand,
  addPluginCommand,
  addCompletionCommand,
  addManCommand,
]

/**
 * Builds the command line. `exit` gets the exit code of whatever ran. If the first word of what was typed names a command that is asked for often, that and
 * what is added with it is all there is.
 */
export function createProgram(exit: (code: number) => void, first = ''): Command {
  const program = new Command('qanat').enablePositionalOptions() // 'qanat plugins --plugin X' gives X to the command 'plugins'
  formatHelp(program)
  const asked = ASKED_OFTEN.find(([names]) => names.includes(first))
  if (asked === undefined) addAll(program, exit)
  else asked[1](program.helpCommand(false), exit)
  // Commander adds a command 'help' to a program that has no action yet when it is asked for its commands.
  for (const { name, command } of commandsOf(program)) command.addHelpText('after', examplesOf(name))
  return program
}

function addAll(program: Command, exit: (code: number) => void): void {
  program
    .description('A layer-3 VPN whose transport and cipher are chosen at run time')
    .argument('[LOCAL_IP]', 'the inner address of this end')
    .argument('[PEER_IP]', 'the inner address of the far end')
  addTunnelOptions(program)
  addNoNativeOption(program)
  addTransportOptions(program)
  for (const add of [...ASKED_OFTEN.map(([, add]) => add), ...OTHERS]) add(program, exit)
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
}
