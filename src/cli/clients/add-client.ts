import { existsSync } from 'node:fs'
import { BUILT_IN_TRAITS } from '../../app/builtins.js'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../../ciphers/keys/keys.js'
import { neededPin } from '../../config/certificates/pin.js'
import { type AddedClient, addClient, plainClient } from '../../config/clients/add-client.js'
import { clientNames, findClient } from '../../config/clients/find-client.js'
import { type ClientRequest, keyFileOf, refusal } from '../../config/clients/new-client.js'
import type { ConfigFile } from '../../config/files/config-file.js'
import { writeText } from '../../config/files/format.js'
import { tunnelFile } from '../../config/files/tunnel-name.js'
import { draftBeside } from '../../config/files/write-files.js'
import { ENDING, FORMATS, type Format } from '../../config/schema/formats.js'
import { isOver, momentOf } from '../../config/schema/moment.js'
import { asError, ConfigError } from '../../core/api/errors.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { filesBeside } from '../run/tunnel-file.js'
import { changeFile } from './change-file.js'
import { printCode } from './show-code.js'

/** The options of `add-client` and `rotate-client`. */
export interface AddClientOptions {
  readonly config: string
  readonly endpoint: readonly string[]
  readonly lan?: readonly string[]
  readonly fullTunnel?: boolean
  readonly proxy?: string
  readonly dns: readonly string[]
  readonly psk?: boolean
  readonly publicKey?: string
  readonly expires?: string
  readonly format?: Format
  readonly output?: string
  readonly qr?: boolean
}

/** Adds the client and prints what it needs. */
export function addClientTo(name: string, options: AddClientOptions): Promise<number> {
  return makeClient(options, () => ({ name, replaces: undefined }))
}

/** Gives a client other keys and prints what it needs from now on. */
export function rotateClient(wanted: string, options: AddClientOptions): Promise<number> {
  return makeClient(options, (file) => {
    const index = findClient(file, wanted)
    const replaces = file.model.peers[index]!
    const name = clientNames(file)[index] ?? 'client'
    if (replaces.presharedKeyFile === undefined) return { name, replaces }
    throw refusal(name, `its preshared key is in ${replaces.presharedKeyFile}: put it into 'preshared-key'`)
  })
}

type Who = Pick<ClientRequest, 'name' | 'replaces'>

/** Who it is, and what it needs. */
interface Made extends AddedClient, Who {
  readonly expires: string | undefined
  readonly format: Format
  /** The client's own file. */
  readonly own: string
}

async function makeClient(options: AddClientOptions, whoIn: (file: ConfigFile) => Who): Promise<number> {
  const config = tunnelFile(options.config)
  const { output } = options
  let made!: Made
  const isReloaded = await changeFile(config, (file) => {
    if (output !== undefined) checkNoDraft(output)
    const who = whoIn(file)
    const added = addClient(file, requestOf(file, who, options), publicKeyOf, BUILT_IN_TRAITS)
    const format = options.format ?? FORMATS.find((one) => output?.endsWith(ENDING[one])) ?? file.format
    made = { ...added, ...who, expires: options.expires, format, own: textFor(added, who, format, options) }
    return { text: made.text, also: output === undefined ? [] : [{ path: output, text: made.own }] }
  })
  tell(made, config, options, isReloaded)
  if (options.qr ?? (made.format === 'wg-quick' && process.stderr.isTTY)) {
    const isShown = await printCode(made.fixedClient, process.stderr)
    if (!isShown)
      remark("no QR code: it is for WireGuard's apps, which take a private key and an endpoint of udp://")
  }
  return EXIT_OK
}

/** @throws ConfigError if a client's file was being written when its process was killed. */
function checkNoDraft(output: string): void {
  const draft = draftBeside(output)
  if (!existsSync(draft)) return
  const whose = "it is the client's file if 'qanat clients' lists that client; else remove it"
  throw new ConfigError(
    `Cannot write ${output}: ${draft} is there, of a command that was killed or still runs; ${whose}`,
    { code: 'ERR_CONFIG_VALUE' },
  )
}

function requestOf(file: ConfigFile, who: Who, options: AddClientOptions): ClientRequest {
  const { dns, endpoint, expires, fullTunnel, lan, proxy, publicKey } = options
  const { name, replaces } = who
  for (const text of lan ?? []) {
    if (parseIpPrefix(text) === undefined)
      throw refusal(name, `'${text}' is no network such as 192.168.7.0/24`)
  }
  if (expires !== undefined) checkMoment(name, expires)
  const privateKey = publicKey === undefined ? generatePrivateKey() : undefined
  return {
    ...{ ...who, privateKey, fullTunnel, proxy, expires },
    lans: lan,
    publicKey: publicKey ?? publicKeyOf(privateKey!),
    serverPublicKey: publicKeyOf(serverKey(file)),
    endpoints: endpoint.length > 0 ? endpoint : undefined,
    pin: () => serverPin(name, file),
    dns: dns.flatMap((text) => text.split(',')).map((text) => text.trim()),
    presharedKey:
      options.psk === true || replaces?.presharedKey !== undefined ? generateSharedKey() : undefined,
  }
}

/** @throws ConfigError if it is no moment, or over by `now`, in milliseconds since 1970. */
export function checkMoment(name: string, text: string, now = Date.now()): void {
  const moment = momentOf(text)
  if (moment === undefined) throw refusal(name, `'${text}' is no date such as 2027-01-31`)
  if (moment <= now) throw refusal(name, `${text} is over`)
}

/** The client's own file. Of wg-quick's format it has only what WireGuard's own programs understand. */
function textFor(
  { client, fixedClient }: AddedClient,
  { name }: Who,
  format: Format,
  { proxy, publicKey }: AddClientOptions,
): string {
  if (format === 'toml') return writeText(format, client).text
  const { plugins = [] } = client.interface
  if (plugins.length > 0)
    throw refusal(name, 'its endpoints need plugins, which wg-quick files cannot name; give --format toml')
  if (proxy !== undefined) throw refusal(name, "WireGuard's own programs know no proxies; give --format toml")
  const plain = plainClient(fixedClient)
  if (plain === undefined) {
    const why = "WireGuard's own programs take UDP alone, and the server has no endpoint of udp://"
    throw refusal(name, `${why}; give --endpoint, or --format toml`)
  }
  const { text } = writeText(format, plain)
  return publicKey === undefined
    ? text
    : text.replace('[Interface]\n', '[Interface]\n# PrivateKey = the one that stays on this client\n')
}

function tell(made: Made, config: string, options: AddClientOptions, isReloaded: boolean): void {
  const { client, format, name, switchedOn } = made
  const { fullTunnel, lan = [], output, publicKey } = options
  if (output === undefined) print(made.own)
  else {
    const stays = `${name} stays refused until "sudo qanat enable-client" admits it`
    const admits = `"sudo qanat reload ${config}" admits it`
    const state = isStillRefused(made) ? stays : isReloaded ? 'the running tunnel admits it' : admits
    print(`${output}: copy it to the client over a secure channel\n${config}: ${state}\n`)
  }
  const { plugins = [] } = client.interface
  if (plugins.length > 0) remark(`the client needs what its file names as plugins: ${plugins.join(', ')}`)
  if (switchedOn !== undefined)
    remark(`${config}: '${switchedOn} = true' in [interface], which the client takes`)
  if (format === 'wg-quick' && lan.length > 0) remark('the client has to forward to its network by itself')
  if (config.endsWith(ENDING['wg-quick']) && (lan.length > 0 || fullTunnel === true))
    remark('the server has to forward by itself: its file cannot say so')
  if (publicKey !== undefined && format === 'toml')
    remark(`the client's private key belongs beside its file, in ${keyFileOf(name)}`)
}

/** Whether it has other keys now, and is disabled or has expired as before. */
function isStillRefused({ expires, replaces }: Made): boolean {
  return replaces?.disabled === true || isOver(expires ?? replaces?.expires, Date.now())
}

/** What clients know the server's certificate by, if that is signed by itself. */
function serverPin(name: string, file: ConfigFile): string | undefined {
  const { certFile } = file.model.tls ?? {}
  if (certFile === undefined) return undefined
  const files = filesBeside(file)
  try {
    return neededPin(files.bytes(certFile), files.resolve(certFile))
  } catch (thrown) {
    throw refusal(name, asError(thrown).message)
  }
}

function serverKey(file: ConfigFile): string {
  const { privateKey, privateKeyFile } = file.model.interface
  return privateKey ?? filesBeside(file).key(privateKeyFile!)
}
