import { existsSync, readFileSync } from 'node:fs'
import { nameOf } from '../../config/certificates/certificates.js'
import { pinOf, pinOfFile } from '../../config/certificates/pin.js'
import { asError, ConfigError } from '../../core/api/errors.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'

/** Prints the pin of a file's certificate or key, or of the server at a host, and what it is worth. */
export async function pin(what: string): Promise<number> {
  if (!existsSync(what)) return pinOfHost(what)
  try {
    print(`${pinOfFile(readFileSync(what), what)}\n`)
  } catch (thrown) {
    throw new ConfigError(`Cannot tell a pin: ${asError(thrown).message}`, { code: 'ERR_CONFIG_VALUE' })
  }
  return EXIT_OK
}

async function pinOfHost(what: string): Promise<number> {
  const endpoint = endpointOf(what)
  const { seenCertificate } = await import('../../transports/dialing/seen-certificate.js')
  const { certificate, refusal } = await seenCertificate(endpoint, process.env)
  const { issuer, publicKey, subject, validTo } = certificate
  const { host } = endpoint
  print(`${pinOf(publicKey)}\n`)
  remark(`${host} shows '${nameOf(subject)}', signed by '${nameOf(issuer)}', valid until ${validTo}`)
  remark(
    refusal === undefined
      ? 'its chain verifies: it leads to an authority that is trusted here, and the name is right, so that clients need no pin'
      : `its chain does not verify: ${refusal}`,
  )
  remark(
    'this came over this network, and whoever is in between can show a certificate of his own: compare with "qanat pin FILE" on the server',
  )
  return EXIT_OK
}

function endpointOf(what: string): URL {
  const text = /^\w+:\/\//.test(what) ? what.replace(/^\w+:/, 'wss:') : `wss://${what}`
  try {
    const endpoint = new URL(text)
    if (endpoint.hostname !== '') return endpoint
  } catch {
    // told below
  }
  throw new ConfigError(
    `Cannot tell the pin of '${what}': there is no such file, and it is no HOST or HOST:PORT`,
    {
      code: 'ERR_CONFIG_VALUE',
    },
  )
}
