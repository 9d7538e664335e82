import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtins } from '../../app/builtins.js'
import { schemesOf } from '../../app/plugins/loaded-part.js'
import { KINDS, partsOf } from '../../app/plugins/part-kinds.js'
import { ConfigError } from '../../core/api/errors.js'
import { isReservedName } from '../../core/options/reserved-names.js'
import { PART_NAME } from '../../core/plugin/plugin.js'
import { readVersion } from '../model/version.js'
import { EXIT_OK } from '../output/exit-codes.js'
import type { KindMade } from '../templates/kinds-made.js'
import { pluginFiles } from '../templates/plugin-files.js'

/** The options of `plugin new`. */
export interface NewPluginOptions {
  readonly kind: KindMade
  readonly ts?: boolean
}

/**
 * Makes a folder with a new plugin in the current one.
 *
 * @throws ConfigError if the name cannot be one, or the folder exists or cannot be made.
 */
export function newPlugin(name: string, { kind, ts = false }: NewPluginOptions): number {
  checkName(name)
  const { version } = readVersion()
  const files = pluginFiles(kind, { name, typescript: ts }, version)
  try {
    mkdirSync(name)
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    throw refusal(name, exists ? 'it exists already' : (cause as Error).message, cause)
  }
  for (const [file, text] of Object.entries(files)) writeFileSync(join(name, file), text, { flag: 'wx' })
  const next = ts ? 'npm install && npm test' : 'npm install && npx qanat plugin test ./index.js'
  const packed = `If npm has no qanat ${version}: npm install PATH/qanat-${version}.tgz first, which npm pack makes of its sources`
  process.stdout.write(`${name}: ${Object.keys(files).join(', ')}\nNext: cd ${name} && ${next}\n${packed}\n`)
  return EXIT_OK
}

function checkName(name: string): void {
  if (!PART_NAME.test(name) || isReservedName(name)) {
    throw refusal(
      name,
      "a name is lower-case letters, digits and dashes, and not 'constructor' or 'prototype'",
    )
  }
  for (const kind of KINDS) {
    const taken = partsOf(builtins, kind).find(([part, described]) =>
      [part, ...schemesOf(kind, part, described)].includes(name),
    )
    if (taken !== undefined) throw refusal(name, `Qanat has a ${kind} of that name`)
  }
}

function refusal(name: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError(`Cannot make plugin '${name}': ${why}`, { code: 'ERR_CONFIG_VALUE', cause })
}
