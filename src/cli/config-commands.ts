import { type Command, Option } from 'commander'
import { readKeyFile } from '../ciphers/key-file.js'
import { publicKeyOf } from '../ciphers/keys.js'
import { readConfigFile } from '../config/config-file.js'
import { filesBeside } from '../config/files.js'
import { FORMATS, type Format, writeText } from '../config/format.js'
import { inlineKeys } from '../config/inline-keys.js'
import { createContainer } from '../container.js'
import { silentLogger } from '../core/logger.js'
import { choosePlugin, transportForScheme } from '../core/plugins.js'
import { EXIT_OK } from './exit-codes.js'
import { print, remark } from './output.js'
import { readTunnelFile } from './tunnel-file.js'

/** Adds `check`, `convert` and `schema`. */
export function addConfigCommands(program: Command, exit: (code: number) => void): void {
  program
    .command('check')
    .description('tell everything that is wrong in a file (.toml, or .conf in the format of wg-quick)')
    .argument('<file>')
    .action(async (file: string) => exit(await check(file)))
  program
    .command('convert')
    .description('print a file in the other format, and tell what that cannot say')
    .argument('<file>')
    .addOption(new Option('--to <format>', 'default: the other one').choices(FORMATS))
    .option('-o, --output <file>', 'write it to a new file that only its owner can read')
    .action((file: string, options: ConvertOptions) => exit(convert(file, options)))
  program
    .command('schema')
    .description('print the JSON Schema of TOML files, for editors')
    .action(async () => {
      const { jsonSchema } = await import('../config/json-schema.js') // what it needs takes time to load
      print(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
      exit(EXIT_OK)
    })
}

async function check(path: string): Promise<number> {
  const { config, remarks } = readTunnelFile(path)
  const container = await createContainer(silentLogger, config.plugins)
  const cipher = await choosePlugin(container, 'cipher', config.cipher).create(config, container)
  cipher.close()
  choosePlugin(container, 'TUN driver', config.tunDriver)
  for (const { protocol } of [...config.listen, ...config.peers.flatMap(({ endpoints }) => endpoints)]) {
    transportForScheme(container, protocol)
  }
  for (const line of remarks) remark(line)
  print(`${path}: right, with ${config.peers.length} peer${config.peers.length === 1 ? '' : 's'}\n`)
  return EXIT_OK
}

interface ConvertOptions {
  readonly to?: Format
  readonly output?: string
}

function convert(path: string, { to, output }: ConvertOptions): number {
  const { format, model } = readConfigFile(path, publicKeyOf)
  const target = to ?? (format === 'toml' ? 'wg-quick' : 'toml')
  const files = filesBeside(path, readKeyFile, process.env)
  const { text, remarks } = writeText(target, target === 'wg-quick' ? inlineKeys(model, files) : model)
  print(text, output)
  for (const line of remarks) remark(`${path}: ${line}`)
  return EXIT_OK
}
