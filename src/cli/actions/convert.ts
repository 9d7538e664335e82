import { BUILT_IN_TRAITS } from '../../app/builtins.js'
import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { inlineKeys } from '../../config/build/inline-keys.js'
import { readConfigFile } from '../../config/files/config-file.js'
import { writeText } from '../../config/files/format.js'
import { tunnelFile } from '../../config/files/tunnel-name.js'
import type { Format } from '../../config/schema/formats.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { askerOf } from '../run/asker.js'
import { filesBeside } from '../run/tunnel-file.js'

/** The options of `convert`. */
export interface ConvertOptions {
  readonly to?: Format
  readonly output?: string
}

/** Prints a file in another format. */
export function convert(name: string, { to, output }: ConvertOptions): number {
  const path = tunnelFile(name)
  const file = readConfigFile(path, publicKeyOf, askerOf(), BUILT_IN_TRAITS)
  const { format, model } = file
  const target = to ?? (format === 'toml' ? 'wg-quick' : 'toml')
  const { text, remarks } = writeText(
    target,
    target === 'wg-quick' ? inlineKeys(model, filesBeside(file)) : model,
  )
  print(text, output)
  for (const line of remarks) remark(`${path}: ${line}`)
  return EXIT_OK
}
