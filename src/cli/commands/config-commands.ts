import { type Command, Option } from 'commander'
import { FORMATS } from '../../config/schema/formats.js'
import type { CheckOptions } from '../actions/check.js'
import type { ConvertOptions } from '../actions/convert.js'
import type { SchemaOptions } from '../actions/schema.js'
import { collect } from '../options/collect.js'
import { NAME_OR_FILE } from '../options/name-or-file.js'
import { readableKeysOption, writableFilesOption } from '../options/others-options.js'

/** Adds `check`, `convert` and `schema`. */
export function addConfigCommands(program: Command, exit: (code: number) => void): void {
  program
    .command('check')
    .description('report everything that is wrong in a file (.toml, or .conf in the format of wg-quick)')
    .argument('<name|file>', NAME_OR_FILE)
    .addOption(readableKeysOption())
    .addOption(writableFilesOption())
    .option('--host', 'tell what this host would say of its routes, too; nothing is changed')
    .option('--json', 'print JSON; docs/full-tunnel.md tells what is in it')
    .action(async (file: string, options: CheckOptions) => {
      const { check } = await import('../actions/check.js')
      exit(await check(file, options))
    })
  program
    .command('convert')
    .description('print a file in the other format and report what that cannot express')
    .argument('<name|file>', NAME_OR_FILE)
    .addOption(new Option('--to <format>', 'default: the other one').choices(FORMATS))
    .option('-o, --output <file>', 'write it to a new file that only its owner can read')
    .action(async (file: string, options: ConvertOptions) => {
      const { convert } = await import('../actions/convert.js')
      exit(convert(file, options))
    })
  program
    .command('schema')
    .description('print the JSON Schema of TOML files, for editors')
    .option('--plugin <path|package>', 'load a plugin, to tell of its options; may be repeated', collect, [])
    .action(async (options: SchemaOptions) => {
      const { schema } = await import('../actions/schema.js')
      exit(await schema(options))
    })
}
