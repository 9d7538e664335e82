import { type Command, Option } from 'commander'
import { readKeyFile } from '../ciphers/key-file.js'
import { generatePrivateKey, publicKeyOf } from '../ciphers/keys.js'
import { addClient, plainClient } from '../config/clients/add-client.js'
import { type ConfigFile, readConfigFile } from '../config/config-file.js'
import { filesBeside } from '../config/files.js'
import { FORMATS, type Format, writeText } from '../config/format.js'
import type { ConfigModel } from '../config/model.js'
import { replaceFile } from '../config/write-files.js'
import { collect } from './collect.js'
import { EXIT_OK } from './exit-codes.js'
import { print, remark } from './output.js'

interface Options {
  readonly config: string
  readonly endpoint: readonly string[]
  readonly format?: Format
  readonly output?: string
  readonly qr?: boolean
}

/** Adds `add-client`, which adds a client to a server's file and prints the client's own. */
export function addClientCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('add-client')
    .description("add a client to a server's file, print the client's file and, for phones, a QR code")
    .argument('<name>', 'what you call the client')
    .requiredOption('--config <file>', "the server's file")
    .option(
      '--endpoint <url>',
      'where clients reach the server; may be repeated (default: as its file says)',
      collect,
      [],
    )
    .addOption(new Option('--format <format>', "default: that of the server's file").choices(FORMATS))
    .option('-o, --output <file>', "write the client's file to a new file that only its owner can read")
    .option('--qr', 'print the QR code even where standard error is no terminal')
    .option('--no-qr', 'print no QR code')
    .action(async (name: string, options: Options) => exit(await run(name, options)))
}

async function run(name: string, options: Options): Promise<number> {
  const file = readConfigFile(options.config, publicKeyOf)
  const privateKey = generatePrivateKey()
  const request = {
    name,
    privateKey,
    publicKey: publicKeyOf(privateKey),
    serverPublicKey: publicKeyOf(serverKey(file)),
    endpoints: options.endpoint.length > 0 ? options.endpoint : undefined,
  }
  const { text, client } = addClient(file, request, publicKeyOf)
  const own = writeText(options.format ?? file.format, client)
  const { output } = options
  replaceFile(options.config, file.text, text, output === undefined ? [] : [{ path: output, text: own.text }])
  if (output === undefined) print(own.text)
  if (options.qr ?? process.stderr.isTTY) await printCode(client)
  return EXIT_OK
}

function serverKey({ path, model }: ConfigFile): string {
  const { privateKey, privateKeyFile } = model.interface
  return privateKey ?? filesBeside(path, readKeyFile, process.env).key(privateKeyFile!)
}

/** Beside the file, so that that can be put into one. */
async function printCode(client: ConfigModel): Promise<void> {
  const plain = plainClient(client)
  if (plain === undefined) {
    remark("no QR code: it is for WireGuard's apps, and the server has no endpoint of udp://")
    return
  }
  const { qrCode } = await import('./qr-code.js') // seldom needed
  process.stderr.write(qrCode(writeText('wg-quick', plain).text))
}
