import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { admit, type Configured } from '../../config/build/configure.js'
import type { Parsed } from '../../config/check/parsed.js'
import type { Dialect } from '../../config/check/problems.js'
import { renameFormerKeys } from '../../config/check/rename-former-keys.js'
import { commandLineSchema } from '../../config/schema/command-line-schema.js'
import { PRIVATE_KEY_CIPHER, SHARED_KEY_CIPHER } from '../../config/schema/default-cipher.js'
import { camelName } from '../../config/schema/names.js'
import { checkAddressPair, parseListen, parsePeer } from '../../config/schema/parse.js'
import { otherUser } from '../../config/trust/asker.js'
import { admitOwn } from '../../config/trust/place.js'
import { readFile } from '../../config/trust/read-file.js'
import { ConfigError } from '../../core/api/errors.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { DEFAULT_PORT } from '../../core/settings/ports.js'
import { askerOf } from '../run/asker.js'
import { FLAGS, FORMER_FLAGS, fromOption } from './flags.js'
import { pluginTables } from './plugin-tables.js'
import { KEY_VARIABLE, sharedKey } from './shared-key.js'
import type { TunnelOptions } from './tunnel-options.js'

/** What errors call the options and arguments of a tunnel. */
const THE_COMMAND_LINE = 'the command line'

const ALL_FLAGS = [...FLAGS, ...FORMER_FLAGS]

/** The two addresses of a point-to-point tunnel, as the command line passes them. */
export interface TunnelArguments {
  readonly local?: string | undefined
  readonly far?: string | undefined
}

/**
 * What the command line asks for, by what is known of the parts that it names.
 *
 * @throws ConfigError that tells everything that is wrong.
 */
export function readCommandLine(
  given: TunnelArguments,
  options: TunnelOptions,
  traits: PartTraits,
): Configured {
  const asker = askerOf(options)
  const parsed = parseCommandLine(given, options, process.env, traits)
  const admitted = admit(parsed, {
    name: THE_COMMAND_LINE,
    publicKeyOf,
    ...{ folder: undefined, read: readFile, environment: process.env },
    admit: () => admitOwn(asker.caller, otherUser(asker, undefined), asker),
    deviceName: undefined,
    takesFreePort: false,
  })
  return admitted.whole(traits)
}

type Tables = Record<string, Record<string, unknown>>

/**
 * Takes apart what the command line asks for. Endpoints in their short forms become URLs.
 *
 * @throws ConfigError if it is not whole, takes two keys, or an address or endpoint is invalid.
 */
function parseCommandLine(
  { local, far }: TunnelArguments,
  options: TunnelOptions,
  environment: Readonly<Record<string, string | undefined>>,
  traits: PartTraits,
): Parsed {
  checkWhole({ local, far }, options)
  const { transport } = options
  const waits = options.peer.length === 0 && options.listen.length === 0
  const listen = waits ? [String(DEFAULT_PORT)] : options.listen
  const cipher = options.cipher ?? defaultCipher(options)
  const tables = tablesOf({
    ...options,
    cipher,
    key: undefined,
    keyFile: undefined,
    ...(traits.cipher(cipher)?.keys !== 'private' && sharedKey(options, environment)),
    listen: listen.map((text) => parseListen(text, transport, traits.transport).href),
    peer: options.peer.map((text) => parsePeer(text, transport, traits.transport).href),
  })
  if (local !== undefined && far !== undefined) addPair(tables.interface!, local, far)
  const { peer = {}, ...others } = tables
  const plugin = pluginTables(options.set)
  return renameFormerKeys({
    schema: commandLineSchema,
    raw: { ...others, ...(plugin !== undefined && { plugin }), peer: [peer] },
    dialect: dialectOf(options),
    lineOf: () => undefined,
    problems: [],
  })
}

function defaultCipher({ privateKeyFile }: TunnelOptions): string {
  return privateKeyFile === undefined ? SHARED_KEY_CIPHER : PRIVATE_KEY_CIPHER
}

/**
 * Checks that no option lacks another that it asks for; a file may leave such things out.
 *
 * @throws ConfigError that names what is missing.
 */
export function checkWhole({ local, far }: TunnelArguments, options: TunnelOptions): void {
  const { address, allowedIps, peerKey, privateKeyFile } = options
  if (peerKey !== undefined && allowedIps === undefined) {
    throw missing("the peer's inner addresses: give --allowed-ips, such as 10.0.0.2/32")
  }
  if (peerKey === undefined && privateKeyFile !== undefined) {
    throw missing("the peer's public key: give --peer-key")
  }
  if (local !== undefined && far === undefined)
    throw missing("the peer's inner address: give LOCAL_IP and PEER_IP, or --address")
  if (local === undefined && address === undefined)
    throw missing('the inner addresses: give LOCAL_IP and PEER_IP, or --address; "qanat --help" has examples')
}

function tablesOf(options: Readonly<Record<string, unknown>>): Tables {
  const tables: Tables = { interface: {} }
  for (const { name, table, key, form } of ALL_FLAGS) {
    const value = options[memberOf(name)] as string | readonly string[] | true | undefined
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue
    tables[table] ??= {}
    tables[table][key] = fromOption(form, value)
  }
  return tables
}

/** LOCAL_IP stands before the addresses of --address. */
function addPair(own: Record<string, unknown>, local: string, far: string): void {
  checkAddressPair(local, far)
  own.address = [local, ...((own.address as string[] | undefined) ?? [])]
  own['peer-address'] = far
}

/** A command line calls a value by the option that gives it. */
function dialectOf({ key }: TunnelOptions): Dialect {
  return {
    describe(path) {
      const [table, ...steps] = path
      const wanted = steps.find((step) => typeof step === 'string')
      const ofTable = ALL_FLAGS.filter((flag) => flag.table === table)
      const flag =
        ofTable.find((one) => one.key === wanted) ?? ofTable.find((one) => one.key === `${wanted}-file`)
      if (flag?.name === '--key' && key === undefined) return `'${KEY_VARIABLE}'`
      return flag === undefined ? THE_COMMAND_LINE : `'${flag.name}'`
    },
  }
}

/** What commander calls an option. */
function memberOf(name: string): string {
  return camelName(name.slice('--'.length))
}

function missing(what: string): ConfigError {
  return new ConfigError(`Cannot start without ${what}`, { code: 'ERR_CONFIG_MISSING' })
}
