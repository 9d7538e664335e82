import { ConfigError } from '../../core/api/errors.js'
import { suggest } from '../check/suggest.js'
import type { ConfigFile } from '../files/config-file.js'
import { FileLines } from './file-lines.js'

/** What peers are called, in their order: in files of wg-quick by the comments behind their headers. */
export function clientNames({ format, model, text }: ConfigFile): readonly (string | undefined)[] {
  const comments = format === 'toml' ? [] : new FileLines(format, text).peerComments
  return model.peers.map(({ name }, index) => name ?? comments[index])
}

/**
 * Which of a file's peers is meant, by its name or its public key.
 *
 * @throws ConfigError if there is none, or several.
 */
export function findClient(file: ConfigFile, wanted: string): number {
  const names = clientNames(file)
  const found = file.model.peers.flatMap(({ publicKey }, index) =>
    publicKey === wanted || names[index] === wanted ? [index] : [],
  )
  const [index] = found
  if (index !== undefined && found.length === 1) return index
  const known = names.filter((name) => name !== undefined)
  const near = suggest(wanted, known)
  const hint =
    found.length > 1
      ? 'several are called so: give its public key'
      : near === undefined
        ? `there are ${known.length === 0 ? 'none with names: give a public key' : known.join(', ')}`
        : `did you mean '${near}'?`
  throw new ConfigError(`Cannot find client '${wanted}' in ${file.path}: ${hint}`, {
    code: 'ERR_CONFIG_VALUE',
  })
}
