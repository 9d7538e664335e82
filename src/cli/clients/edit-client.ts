import { BUILT_IN_TRAITS } from '../../app/builtins.js'
import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { type Change, changedText, textWithout } from '../../config/clients/changed-text.js'
import { findClient } from '../../config/clients/find-client.js'
import { tunnelFile } from '../../config/files/tunnel-name.js'
import { isOver } from '../../config/schema/moment.js'
import { ConfigError } from '../../core/api/errors.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print } from '../output/output.js'
import { checkMoment } from './add-client.js'
import { changeFile } from './change-file.js'

/** The options of commands about one client. */
export interface EditClientOptions {
  readonly config: string
  /** `never` takes back what was said. */
  readonly expires?: string
}

const NEVER = 'never'

/** Takes a client out of a server's file. */
export async function removeClient(name: string, { config }: EditClientOptions): Promise<number> {
  const path = tunnelFile(config)
  const isReloaded = await changeFile(path, (file) => ({
    text: textWithout(file, findClient(file, name), publicKeyOf, BUILT_IN_TRAITS),
  }))
  return told(path, `${name} is removed`, isReloaded)
}

/** Refuses a client until it is enabled again. */
export function disableClient(name: string, { config }: EditClientOptions): Promise<number> {
  return change(name, config, { disabled: true }, `${name} is refused`)
}

/** Admits a client again, until another date if one is given. */
export async function enableClient(name: string, { config, expires }: EditClientOptions): Promise<number> {
  if (expires !== undefined && expires !== NEVER) checkMoment(name, expires)
  const until = expires === undefined ? {} : { expires: expires === NEVER ? undefined : expires }
  return change(name, config, { disabled: undefined, ...until }, `${name} is admitted`)
}

async function change(
  name: string,
  config: string,
  values: { readonly disabled?: true | undefined; readonly expires?: string | undefined },
  done: string,
): Promise<number> {
  const path = tunnelFile(config)
  const isReloaded = await changeFile(path, (file) => {
    const index = findClient(file, name)
    const { expires } = { ...file.model.peers[index], ...values }
    if (!values.disabled && isOver(expires, Date.now())) throw stillOver(name, expires!)
    const changes = Object.entries(values).map(
      ([key, value]): Change => ({ table: 'peer', index, key: key as 'disabled', value }),
    )
    return { text: changedText(file, changes, publicKeyOf, BUILT_IN_TRAITS) }
  })
  return told(path, done, isReloaded)
}

/** Why a client would be refused still. */
function stillOver(name: string, expires: string): ConfigError {
  const why = `it expired, as its file says: ${expires}; give --expires DATE, or "--expires never"`
  return new ConfigError(`Cannot admit client '${name}': ${why}`, { code: 'ERR_CONFIG_VALUE' })
}

function told(path: string, done: string, isReloaded: boolean): number {
  print(
    isReloaded
      ? `${path}: ${done}\n`
      : `${path}: ${done} once "sudo qanat reload ${path}" or a start reads it\n`,
  )
  return EXIT_OK
}
