import { BUILT_IN_TRAITS } from '../../app/builtins.js'
import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { plainClient } from '../../config/clients/add-client.js'
import { readConfigFile } from '../../config/files/config-file.js'
import { writeText } from '../../config/files/format.js'
import { tunnelFile } from '../../config/files/tunnel-name.js'
import type { ConfigModel } from '../../config/schema/model.js'
import { ConfigError } from '../../core/api/errors.js'
import { hasUnicode } from '../output/ascii.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { askerOf } from '../run/asker.js'
import { filesBeside } from '../run/tunnel-file.js'

/** Prints the QR code of a client's file on standard output. */
export async function showCode(name: string): Promise<number> {
  const path = tunnelFile(name)
  const file = readConfigFile(path, publicKeyOf, askerOf(), BUILT_IN_TRAITS)
  const { privateKey, privateKeyFile } = file.model.interface
  const own = privateKey ?? (privateKeyFile === undefined ? undefined : filesBeside(file).key(privateKeyFile))
  if (own === undefined) throw refusal(path, 'it has no private key')
  const client = { ...file.model, interface: { ...file.model.interface, privateKey: own } }
  if (!(await printCode(client, process.stdout))) throw refusal(path, 'it has no endpoint of udp://')
  return EXIT_OK
}

function refusal(path: string, why: string): ConfigError {
  return new ConfigError(`Cannot show ${path} as a QR code for WireGuard's apps: ${why}`, {
    code: 'ERR_CONFIG_VALUE',
  })
}

/** Prints what WireGuard's apps read of a client. False: there is nothing for them. */
export async function printCode(client: ConfigModel, out: NodeJS.WritableStream): Promise<boolean> {
  const plain = plainClient(client)
  if (plain === undefined || client.interface.privateKey === undefined) return false
  const { qrCode } = await import('../output/qr-code.js') // seldom needed
  // Names are comments there, which apps leave out and a file that is read again has not.
  const peers = plain.peers.map(({ name: _, ...peer }) => peer)
  out.write(qrCode(writeText('wg-quick', { ...plain, peers }).text, hasUnicode(process.env)))
  return true
}
