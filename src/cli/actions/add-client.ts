import { BUILT_IN_TRAITS } from '../../app/builtins.js'
import { generatePrivateKey, publicKeyOf } from '../../ciphers/keys/keys.js'
import { addClient, plainClient } from '../../config/clients/add-client.js'
import { type ConfigFile, readConfigFile } from '../../config/files/config-file.js'
import { writeText } from '../../config/files/format.js'
import { tunnelFile } from '../../config/files/tunnel-name.js'
import { replaceFile } from '../../config/files/write-files.js'
import type { Format } from '../../config/schema/formats.js'
import type { ConfigModel } from '../../config/schema/model.js'
import { ConfigError } from '../../core/api/errors.js'
import { hasUnicode } from '../output/ascii.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { askerOf } from '../run/asker.js'
import { filesBeside } from '../run/tunnel-file.js'

/** The options of `add-client`. */
export interface AddClientOptions {
  readonly config: string
  readonly endpoint: readonly string[]
  readonly format?: Format
  readonly output?: string
  readonly qr?: boolean
}

/** Adds the client and prints what it needs. */
export async function addClientTo(name: string, options: AddClientOptions): Promise<number> {
  const config = tunnelFile(options.config)
  const file = readConfigFile(config, publicKeyOf, askerOf(), BUILT_IN_TRAITS)
  const privateKey = generatePrivateKey()
  const request = {
    name,
    privateKey,
    publicKey: publicKeyOf(privateKey),
    serverPublicKey: publicKeyOf(serverKey(file)),
    endpoints: options.endpoint.length > 0 ? options.endpoint : undefined,
  }
  const { text, client, fixedClient } = addClient(file, request, publicKeyOf, BUILT_IN_TRAITS)
  const format = options.format ?? file.format
  const { plugins = [] } = client.interface
  if (plugins.length > 0 && format === 'wg-quick') {
    throw new ConfigError(
      `Cannot add client '${name}': its endpoints need plugins, which wg-quick files cannot name; give --format toml`,
      { code: 'ERR_CONFIG_VALUE' },
    )
  }
  const own = writeText(format, format === 'toml' ? client : fixedClient)
  const { output } = options
  replaceFile(config, file.text, text, {
    also: output === undefined ? [] : [{ path: output, text: own.text }],
  })
  if (output === undefined) print(own.text)
  else {
    print(
      `${output}: copy it to the client over a secure channel\n${config}: "sudo qanat reload ${config}" admits it\n`,
    )
  }
  if (plugins.length > 0) remark(`the client needs what its file names as plugins: ${plugins.join(', ')}`)
  if (options.qr ?? process.stderr.isTTY) await printCode(fixedClient)
  return EXIT_OK
}

function serverKey(file: ConfigFile): string {
  const { privateKey, privateKeyFile } = file.model.interface
  return privateKey ?? filesBeside(file).key(privateKeyFile!)
}

/** Beside the file, so that that can be put into one. */
async function printCode(client: ConfigModel): Promise<void> {
  const plain = plainClient(client)
  if (plain === undefined) {
    remark("no QR code: it is for WireGuard's apps, and the server has no endpoint of udp://")
    return
  }
  const { qrCode } = await import('../output/qr-code.js') // seldom needed
  process.stderr.write(qrCode(writeText('wg-quick', plain).text, hasUnicode(process.env)))
}
