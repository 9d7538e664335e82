import { type Command, Option } from 'commander'
import { FORMATS } from '../../config/schema/formats.js'
import type { AddClientOptions } from '../actions/add-client.js'
import { collect } from '../options/collect.js'
import { NAME_OR_FILE } from '../options/name-or-file.js'

/** Adds `add-client`, which adds a client to a server's file and prints the client's own. */
export function addClientCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('add-client')
    .description("add a client to a server's file, print the client's file and, for phones, a QR code")
    .argument('<name>', 'name of the client')
    .requiredOption('--config <name|file>', `the server's: ${NAME_OR_FILE}`)
    .option(
      '--endpoint <url>',
      'where clients reach the server; may be repeated (default: as its file says)',
      collect,
      [],
    )
    .addOption(new Option('--format <format>', "default: that of the server's file").choices(FORMATS))
    .option('-o, --output <file>', "write the client's file to a new file that only its owner can read")
    .option('--qr', 'print the QR code even if standard error is not a terminal')
    .option('--no-qr', 'print no QR code')
    .action(async (name: string, options: AddClientOptions) => {
      const { addClientTo } = await import('../actions/add-client.js')
      exit(await addClientTo(name, options))
    })
}
