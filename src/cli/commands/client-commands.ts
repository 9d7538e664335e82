import { type Command, Option } from 'commander'
import { FORMATS } from '../../config/schema/formats.js'
import type { AddClientOptions } from '../clients/add-client.js'
import type { EditClientOptions } from '../clients/edit-client.js'
import type { ClientsOptions } from '../clients/list-clients.js'
import { collect } from '../options/collect.js'
import { NAME_OR_FILE } from '../options/name-or-file.js'

const THE_CLIENT = 'its name, or its public key'
const OF_SERVER = `the server's: ${NAME_OR_FILE}`

/** Adds `clients`, and the commands that change the clients of a server's file. */
export function addClientCommands(program: Command, exit: (code: number) => void): void {
  program
    .command('clients')
    .description("list a server's clients: addresses, whether they are online, traffic, and when they expire")
    .argument('[name|file]', `${OF_SERVER} (default: that of the only tunnel that runs)`)
    .option('--json', 'print JSON; docs/server.md tells what is in it')
    .action(async (file: string | undefined, options: ClientsOptions) => {
      const { listClients } = await import('../clients/list-clients.js')
      exit(await listClients(file, options))
    })
  const add = program
    .command('add-client')
    .description("add a client to a server's file, print the client's file and, for phones, a QR code")
    .argument('<name>', 'name of the client')
    .option('--lan <cidr>', 'a network behind the client, which it forwards to; may be repeated', collect, [])
  addFileOptions(add).action(async (name: string, options: AddClientOptions) => {
    const { addClientTo } = await import('../clients/add-client.js')
    exit(await addClientTo(name, options))
  })
  const rotate = program
    .command('rotate-client')
    .description('give a client other keys, under the same addresses, and print its file')
    .argument('<client>', THE_CLIENT)
  addFileOptions(rotate).action(async (name: string, options: AddClientOptions) => {
    const { rotateClient } = await import('../clients/add-client.js')
    exit(await rotateClient(name, options))
  })
  const edits = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument('<client>', THE_CLIENT)
      .requiredOption('--config <name|file>', OF_SERVER)
  edits('remove-client', "take a client out of a server's file").action(
    async (name: string, options: EditClientOptions) => {
      const { removeClient } = await import('../clients/edit-client.js')
      exit(await removeClient(name, options))
    },
  )
  edits('disable-client', 'refuse a client until "enable-client" admits it again').action(
    async (name: string, options: EditClientOptions) => {
      const { disableClient } = await import('../clients/edit-client.js')
      exit(await disableClient(name, options))
    },
  )
  edits('enable-client', 'admit a client that is disabled, or has expired')
    .option(
      '--expires <date>',
      'until then, such as 2027-01-31; "never" takes back what was said; needed if it has expired',
    )
    .action(async (name: string, options: EditClientOptions) => {
      const { enableClient } = await import('../clients/edit-client.js')
      exit(await enableClient(name, options))
    })
  program
    .command('qr')
    .description("print a client's file as a QR code for WireGuard's apps")
    .argument('<name|file>', NAME_OR_FILE)
    .action(async (file: string) => {
      const { showCode } = await import('../clients/show-code.js')
      exit(await showCode(file))
    })
}

/** What a client's own file is made of. */
function addFileOptions(command: Command): Command {
  return command
    .requiredOption('--config <name|file>', OF_SERVER)
    .option(
      '--endpoint <url>',
      'where clients reach the server; may be repeated (default: as its file says)',
      collect,
      [],
    )
    .option(
      '--full-tunnel',
      'send all of its traffic through the server, which hides it behind its own address',
    )
    .option('--proxy <url>', 'the proxy between it and the server')
    .option('--dns <names,...>', 'name servers and domains for it; may be repeated', collect, [])
    .option('--psk', 'give it a preshared key as well')
    .option('--public-key <key>', 'its public key: the private one stays on the client')
    .option('--expires <date>', 'refuse it from the end of a day on, such as 2027-01-31')
    .addOption(
      new Option('--format <format>', "default: as the output's name says, or the server's").choices(FORMATS),
    )
    .option('-o, --output <file>', "write the client's file to a new file that only its owner can read")
    .option('--qr', 'print the QR code even if standard error is not a terminal')
    .option('--no-qr', 'print no QR code')
}
