import { Command, Option } from 'commander'
import { PRIVATE_KEY_CIPHER, SHARED_KEY_CIPHER } from '../config/schema/default-cipher.js'
import { MTU } from '../core/api/config.js'
import { DEFAULT_LOG_LEVEL, LOG_LEVELS } from '../core/api/logger.js'
import { DEFAULT_PORT } from '../core/settings/ports.js'
import type { ConnectOptions } from './actions/connect.js'
import { addClientCommand } from './commands/add-client-command.js'
import { addCompletionCommand } from './commands/completion-command.js'
import { addConfigCommands } from './commands/config-commands.js'
import { addInitCommand } from './commands/init-command.js'
import { addKeyCommands } from './commands/key-commands.js'
import { addManCommand } from './commands/man-command.js'
import { addPluginsCommand } from './commands/plugins-command.js'
import { addRunCommands } from './commands/run-commands.js'
import { addUpCommand } from './commands/up-command.js'
import { readEdition } from './model/edition.js'
import { examplesOf } from './model/examples.js'
import { REFERENCES } from './model/references.js'
import { collect } from './options/collect.js'
import { addNoNativeOption } from './options/no-native-option.js'
import { addTransportOptions } from './options/transport-options.js'
import { USER_HELP } from './options/user-help.js'
import { EXIT_OK } from './output/exit-codes.js'
import { formatHelp } from './output/help-format.js'
import { answersWords } from './words.js'

/** Builds the command line. `exit` is told the exit code of whatever ran. */
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
  addConfigCommands(program, exit)
  addInitCommand(program, exit)
  addClientCommand(program, exit)
  addKeyCommands(program, exit)
  addPluginsCommand(program, exit)
  addCompletionCommand(program, exit)
  addManCommand(program, exit)
  for (const command of program.commands) command.addHelpText('after', examplesOf(command.name()))
  return program
    .version(readEdition().version, '-V, --version', 'print the version')
    .addHelpText('after', examplesOf(''))
    .addHelpText('after', REFERENCES)
    .action(async (local: string | undefined, far: string | undefined, options: ConnectOptions) => {
      if (answersWords(program, local, far)) {
        exit(EXIT_OK)
        return
      }
      const { connect } = await import('./actions/connect.js')
      exit(await connect(local, far, options))
    })
}

function addTunnelOptions(command: Command): void {
  const peer = 'where the peer is reached; repeated: in order of preference; without it this end waits'
  const listen = `where to listen; may be repeated (default: port ${DEFAULT_PORT} without --peer)`
  const cipher = `how packets are sealed (default: ${SHARED_KEY_CIPHER}, or ${PRIVATE_KEY_CIPHER} with a private key)`
  const logLevel = new Option('--log-level <level>', 'the least important lines that are written')
  command
    .option('-p, --peer <host[:port]|url>', peer, collect, [])
    .option('--listen <[host:]port|url>', listen, collect, [])
    .option('--transport <name>', 'how datagrams travel where an endpoint is no URL', 'udp')
    .option('--cipher <name>', cipher)
    .option('-k, --key <key>', 'the shared key; visible to every user of the host')
    .option('--key-file <file>', 'the file that holds the shared key (or set QANAT_KEY)')
    .option('--private-key-file <file>', 'WireGuard: the file that holds the own private key')
    .option('--peer-key <key>', "WireGuard: the peer's public key")
    .option('--psk-file <file>', 'WireGuard: the file that holds a key shared with this peer alone')
    .option('--allowed-ips <cidr,...>', 'the inner addresses that the peer owns (default: all)')
    .option('--keepalive <seconds>', 'WireGuard: send something at least so often')
    .option('--address <cidr,...>', 'inner addresses of this end, in place of or besides LOCAL_IP')
    .option('--tun <name>', "the TUN device's name (default: the kernel picks one)")
    .option('--tun-driver <name>', 'how the TUN device is opened (default: linux, or tuntap2 without koffi)')
    .option('--mtu <bytes>', 'the MTU inside the tunnel', String(MTU.default))
    .option('--plugin <path|package>', 'load a plugin; may be repeated', collect, [])
    .option('--user <name>', USER_HELP)
    .addOption(logLevel.choices(LOG_LEVELS).default(DEFAULT_LOG_LEVEL))
}
